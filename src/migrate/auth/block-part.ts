import type { ByteString } from '../../../grammar/bytes.js';
import type { Place, Source } from '../../../grammar/source.js';
import type { PassdbBlock, UserdbBlock } from '../../config/effective.js';
import type { ChangeDraft, ChangeKind, NewSetting, NewStatement, Question } from '../change.js';
import type { ChangeCode } from '../change-codes.js';
import type { MigrationContext } from '../migration-context.js';
import { AUTH_TABLE, type NameTable } from '../strings/name-tables.js';
import { type EscapedPlace, translateTemplate } from '../strings/template.js';
import { asLiteral, withChanges } from '../strings/translate-string.js';

/** A passdb or userdb of 2.3 while it is translated. */
export interface OldBlock {
  readonly kind: 'passdb' | 'userdb';
  readonly driver: ByteString;
  readonly args: ByteString;
  /** Where the args stand, else the head of the section. */
  readonly place: Place;
  /** null: the block counts nowhere. */
  readonly block: PassdbBlock | UserdbBlock | null;
  /** All blocks of its kind in their order, where it counts. */
  readonly list: readonly (PassdbBlock | UserdbBlock)[];
  readonly context: MigrationContext;
  /** The file that the section stands in. */
  readonly source: Source;
}

/** A field that a block adds, with its value in the language of 2.4. */
export interface NewField {
  readonly name: ByteString;
  readonly value: ByteString;
  readonly changes: readonly ChangeDraft[];
}

/** What a driver's args become. */
export interface DriverPart {
  /** In the place of the args. */
  readonly statements: readonly NewStatement[];
  /** Fields from the args: they win over default fields. */
  readonly fields: readonly NewField[];
  /** At the end of the block. */
  readonly pins: readonly NewStatement[];
  /** Name of the row in expressions: `%{sql:COLUMN}`; null: the driver has none. */
  readonly row: ByteString | null;
}

export const NOTHING: DriverPart = { statements: [], fields: [], pins: [], row: null };

export function change(
  code: ChangeCode,
  kind: ChangeKind,
  reason: string,
  old: Place | null,
  question?: Question,
): ChangeDraft {
  return { code, kind, reason, old, ...(question === undefined ? {} : { question }) };
}

export function newSetting(
  key: ByteString,
  value: ByteString,
  changes: readonly ChangeDraft[] = [],
): NewSetting {
  return { kind: 'setting', key, value, ...(changes.length === 0 ? {} : { changes }) };
}

/** A setting whose old text 2.3 took as it was. */
export function literalSetting(
  key: ByteString,
  text: ByteString,
  place: Place | null,
  more: readonly ChangeDraft[] = [],
): NewSetting {
  const { text: value, changes } = asLiteral(text, place);
  return newSetting(key, value, [...more, ...changes]);
}

/** A setting whose text holds variables of the auth process. */
export function variableSetting(
  key: ByteString,
  text: ByteString,
  place: Place | null,
  options: {
    readonly table?: NameTable;
    readonly escaped?: EscapedPlace;
    readonly changes?: readonly ChangeDraft[];
  } = {},
): NewSetting {
  const translated = translateTemplate(text, options.table ?? AUTH_TABLE, options.escaped ?? null);
  const { text: value, changes } = withChanges(text, translated, place);
  return newSetting(key, value, [...(options.changes ?? []), ...changes]);
}

/** Words between blanks. Dovecot 2.3.19.1 t_strsplit_spaces(args, " ") */
export function wordsOf(text: ByteString): ByteString[] {
  return text.split(' ').filter((word) => word !== '');
}

/** `key=value`; the value is null without an equals sign. */
export function keyValue(word: ByteString): readonly [ByteString, ByteString | null] {
  const equals = word.indexOf('=');
  return equals === -1 ? [word, null] : [word.slice(0, equals), word.slice(equals + 1)];
}
