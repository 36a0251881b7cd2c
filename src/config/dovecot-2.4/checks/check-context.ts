import type { ByteString } from '../../../../grammar/bytes.js';
import type { FilterMask } from '../filter.js';
import { type FilterIndex, Scope } from '../scope.js';
import { escapeSectionName } from '../section-name.js';
import { checkValue } from '../value-syntax.js';
import type { StructView } from './struct-view.js';

/** What a check may ask besides its own struct. */
export interface CheckContext {
  readonly index: FilterIndex;
  /** The connection filters around the place that is checked. */
  readonly connection: FilterMask;
  /** Variables are expanded. */
  readonly expanded: boolean;
  warn(text: ByteString): void;
}

/** null: nothing wrong. */
export type StructCheck = (view: StructView, context: CheckContext) => ByteString | null;

/** Settings with named filters in force. */
export function scopeWith(context: CheckContext, ...names: readonly ByteString[]): Scope {
  return new Scope(
    context.index.tree.table,
    context.index.applicable({ connection: context.connection, names: new Set(names) }),
  );
}

/** Structs whose variables are expanded where a check reads them. */
const EXPANDED_STRUCTS: ReadonlyMap<ByteString, ByteString> = new Map([
  ['passdb', 'auth_passdb'],
  ['userdb', 'auth_userdb'],
  ['language', 'language'],
  ['mailbox', 'mailbox'],
  ['unix_listener', 'unix_listener'],
  ['fifo_listener', 'fifo_listener'],
  ['inet_listener', 'inet_listener'],
]);

/**
 * The settings of one named section as a check gets them; text: Dovecot's error. A section that is named at this place
 * but stands inside other named filters is not found. Dovecot 2.4.1 settings.c `settings_get_filter`.
 */
export function sectionScope(
  context: CheckContext,
  kind: ByteString,
  name: ByteString,
  ...around: readonly ByteString[]
): Scope | ByteString {
  const scope = scopeWith(context, ...around, `${kind}/${name}`);
  if (scope.filters.some((filter) => filter.mask.name === `${kind}/${name}`)) {
    const struct = EXPANDED_STRUCTS.get(kind);
    const error = struct === undefined ? null : expansionError(context, scope, struct);
    if (error === null) return scope;
    return `Failed to get ${kind} ${name}: ${struct} settings (filter=${kind}/${escapeSectionName(name)}): Failed to parse configuration: ${error}`;
  }
  return (
    `Failed to get ${kind} ${name}: ` +
    `Filter ${kind}=${name} unexpectedly not found (invalid userdb or -o override settings?)`
  );
}

/**
 * What Dovecot says where it reads a section's struct and a value has a variable of a user or a connection, which
 * nobody knows at that time, or a value that is not expanded is none; null: nothing. Dovecot 2.4.1 settings.c, observed with the variables of auth and mail.
 */
export function expansionError(
  { index }: CheckContext,
  scope: Scope,
  structName: ByteString,
): ByteString | null {
  const struct = scope.table.findStruct(structName);
  if (struct === undefined) return null;
  for (const { name, type } of index.withVariables(struct, scope.filters)) {
    if (UNEXPANDED_TYPES.includes(type)) continue;
    const text = scope.text(name);
    if (!text.includes('%{')) {
      const error = text.includes('$') ? unexpandedError(scope, name, text) : null;
      if (error !== null) return error;
      continue;
    }
    const variable = /%\{\s*([A-Za-z0-9_]+)\s*[|}]/.exec(text)?.[1];
    if (variable !== undefined && !GLOBAL_VARIABLES.has(variable))
      return `Failed to expand ${name} setting variables: Unknown variable '${variable}'`;
  }
  return null;
}

/** `$ENV:NAME` stays as it is while doveconf does not expand, which is no number and no word of a list. */
function unexpandedError(scope: Scope, name: ByteString, text: ByteString): ByteString | null {
  const definition = scope.table.findSetting(name);
  const wrong = definition === undefined ? null : checkValue(definition, text, true);
  return wrong === null ? null : `Invalid setting ${name}=${text}: ${wrong.error}`;
}

const UNEXPANDED_TYPES = ['str_novars', 'file', 'boollist', 'strlist'];

// Dovecot 2.4.1 lib-var-expand/expansion-statistics.c and providers without a colon
const GLOBAL_VARIABLES = new Set(['hostname', 'pid', 'uid', 'gid']);
