import type { ByteString } from '../../../grammar/bytes.js';
import type { ChangeDraft, NewStatement } from '../change.js';
import type { MigrationContext } from '../migration-context.js';
import { AUTH_TABLE } from '../strings/name-tables.js';
import { translateTemplate } from '../strings/template.js';
import { withChanges } from '../strings/translate-string.js';
import {
  change,
  type DriverPart,
  keyValue,
  NOTHING,
  newSetting,
  type OldBlock,
  variableSetting,
} from './block-part.js';
import { isUnchangedName } from './user-names.js';
import { settingFields } from './userdb-settings.js';

export interface PasswdFileArgs {
  readonly scheme: ByteString | null;
  readonly usernameFormat: ByteString | null;
  readonly path: ByteString;
}

/** `[scheme=S] [username_format=F] PATH`. Dovecot 2.3.19.1 db-passwd-file.c, passdb-passwd-file.c */
export function passwdFileArgs(args: ByteString): PasswdFileArgs {
  let rest = args;
  let scheme: ByteString | null = null;
  let usernameFormat: ByteString | null = null;
  for (;;) {
    rest = rest.replace(/^ +/, '');
    const option = /^(scheme|username_format)=([^ ]*)/.exec(rest);
    if (option === null) break;
    const [whole, key, value = ''] = option;
    if (key === 'scheme') scheme = value;
    else usernameFormat = value;
    rest = rest.slice(whole.length);
  }
  return { scheme, usernameFormat, path: rest };
}

export function passwdFilePart(old: OldBlock): DriverPart {
  const { kind, args, place, context, block, list } = old;
  const { scheme, usernameFormat, path } = passwdFileArgs(args);
  const reason = '2.4 has settings in the place of the args of passwd-file.';
  const statements: NewStatement[] = [
    variableSetting('passwd_file_path', path, place, {
      changes: [change('DV766', 'exact', reason, place), ...pathChanges(old, path)],
    }),
  ];
  if (kind === 'passdb')
    statements.push(
      newSetting(
        'default_password_scheme',
        scheme ?? 'CRYPT',
        scheme === null
          ? [
              change(
                'DV774',
                'exact',
                'The default scheme of a passwd-file is CRYPT in 2.3 and PLAIN in 2.4.',
                place,
              ),
            ]
          : [],
      ),
    );
  const pins: NewStatement[] = [];
  if (usernameFormat !== null) pins.push(variableSetting('auth_username_format', usernameFormat, place));
  else if (!isUnchangedName(context.config, block, list)) {
    const why =
      '2.4 searches the file for the user name as auth_username_format makes it once more; 2.3 for the name as it is.';
    pins.push(newSetting('auth_username_format', '%{user}', [change('DV779', 'exact', why, place)]));
  }
  if (!path.includes('%')) translateEntries(path, context);
  return { ...NOTHING, statements, pins, row: 'passwd_file' };
}

function pathChanges({ place }: OldBlock, path: ByteString): ChangeDraft[] {
  if (!/%[^%]/.test(path)) return [];
  const reason =
    'A value inside the path ends at its first / in 2.3; 2.4 takes all of it and keeps the path inside its fixed beginning.';
  return [change('DV762', 'equivalent', reason, place)];
}

const known = new WeakMap<MigrationContext, Set<ByteString>>();

/** A passwd-file with variables of 2.3 in its fields becomes one with those of 2.4. */
function translateEntries(path: ByteString, context: MigrationContext): void {
  const done = known.get(context) ?? new Set();
  known.set(context, done);
  if (done.has(path)) return;
  done.add(path);
  const source = context.readSource(path);
  if (source === null) return;
  const { text } = source;
  let changed = false;
  const statements = text
    .replace(/\n$/, '')
    .split('\n')
    .map((line, at): NewStatement => {
      const start = source.lineStarts[at] ?? 0;
      const translated = translateEntry(line);
      if (translated === null) return line === '' ? { kind: 'blank' } : { kind: 'comment', text: line };
      changed = true;
      const place = { source, span: { start, end: start + line.length } };
      const reason = 'The values of extra fields are in the language of 2.4, where a lone y is lost as well.';
      const remarks = translated.changes.filter(({ kind }) => kind !== 'exact');
      const changes =
        remarks.length > 0
          ? remarks.map((one) => ({ ...one, old: place }))
          : [change('DV785', 'exact', reason, place)];
      return { kind: 'comment', text: translated.line, changes };
    });
  if (changed) context.addFile({ source, statements });
}

/** Fields end at blanks, also inside `%{ }`. */
const FIELD_TABLE = { ...AUTH_TABLE, withoutBlanks: true };

/** A line with new extra fields, names of settings among them; null: it stays as it is. */
function translateEntry(line: ByteString): { line: ByteString; changes: readonly ChangeDraft[] } | null {
  const parts = /^([^:\n]*:([^:\n]*):(?:[^:\n]*:){5})(.*)$/.exec(line);
  if (parts === null || line.startsWith('#') || line.startsWith(':')) return null;
  const [, head = '', password = '', extra = ''] = parts;
  const changes: ChangeDraft[] = [];
  const hasPassword = password.replace(/^\{[^}]*\}/, '') !== '';
  const words = extra.split(' ');
  const grants = words.some((word) => /^noauthenticate(?:=|$)/.test(word));
  const fields = words.flatMap((word): ByteString[] => {
    if (hasPassword && !grants && /^nopassword(?:=|$)/.test(word)) {
      const reason =
        '2.3 ignores nopassword beside a password and checks that; 2.4 would take any password, so it is left out.';
      changes.push(change('DV781', 'equivalent', reason, null));
      return [];
    }
    const [name, value] = keyValue(word);
    const settings = settingFields('passdb', name, value);
    if (settings === null) return [translateField(word, changes)];
    return settings.map((one) => translateField(`${one.name}=${one.template}`, changes));
  });
  const result = head + fields.join(' ');
  return result === line ? null : { line: result, changes };
}

function translateField(field: ByteString, changes: ChangeDraft[]): ByteString {
  const equals = field.indexOf('=');
  const written = equals === -1 ? field : field.slice(0, equals);
  const name = written.replace(/:protected$/, ':default');
  if (written.endsWith(':default')) {
    const reason = `${written} is a name of its own in 2.3; in 2.4 it sets ${written.slice(0, -8)} where that is not set yet.`;
    changes.push(change('DV767', 'equivalent', reason, null));
  }
  if (equals === -1) return name;
  const value = field.slice(equals + 1);
  // The scanner of 2.4.1 loses a text that is exactly y; of a field that only has to be there nobody minds.
  if (value === 'y' && !/^(?:proxy|no)/.test(field)) return `${name}=%{literal('y')}`;
  if (!value.includes('%')) return `${name}=${value}`;
  const translated = withChanges(value, translateTemplate(value, FIELD_TABLE), null);
  changes.push(...translated.changes);
  return `${name}=${translated.text}`;
}
