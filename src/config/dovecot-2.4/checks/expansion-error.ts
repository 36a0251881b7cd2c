import type { ByteString } from '../../../../grammar/bytes.js';
import { parseVariables24 } from '../../../../grammar/variables-2.4/parser.js';
import { hasVariable, type Scope } from '../scope.js';
import { escapeSectionName } from '../section-name.js';
import type { SettingDefinition } from '../settings-table.js';
import { checkValue, parseBoolean } from '../value-syntax.js';
import type { CheckContext } from './check-context.js';

/**
 * What Dovecot says where it reads a section's struct and a value has a variable of a user or a connection, which
 * nobody knows at that time, or is none of its kind once it is expanded; null: nothing. Dovecot 2.4.1 settings.c
 * settings_mmap_apply_key()
 */
export function expansionError(
  { index, environment }: Pick<CheckContext, 'index' | 'environment'>,
  scope: Scope,
  structName: ByteString,
): ByteString | null {
  const struct = scope.table.findStruct(structName);
  if (struct === undefined) return null;
  for (const { name, type } of index.withVariables(struct, scope.filters)) {
    if (type === 'str_novars' || type === 'file') continue;
    const values: (readonly [ByteString, ByteString])[] =
      type === 'boollist' || type === 'strlist'
        ? [...scope.strings(name)].map(([key, { text }]) => [`${name}/${escapeSectionName(key)}`, text])
        : [[name, scope.text(name)]];
    for (const [key, text] of values) {
      const error = valueError(scope.table.findSetting(name), key, text, environment);
      if (error !== null) return error;
    }
  }
  return null;
}

/** `$ENV:NAME` stays as it is while doveconf does not expand, which is no number and no word of a list. */
function valueError(
  definition: SettingDefinition | undefined,
  key: ByteString,
  written: ByteString,
  environment: CheckContext['environment'],
): ByteString | null {
  if (definition === undefined || !hasVariable(written)) return null;
  const expanded = written.includes('%{') ? expand(written, environment) : { text: written };
  if (expanded === null) return null;
  if ('error' in expanded) return `Failed to expand ${key} setting variables: ${expanded.error}`;
  const { text } = expanded;
  const parsed = definition.type === 'boollist' ? parseBoolean(text) : null;
  const wrong = parsed === null ? checkValue(definition, text, true) : parsed.ok ? null : parsed;
  const before = text === written ? '' : ` (before expansion: ${written})`;
  return wrong === null ? null : `Invalid setting ${key}=${text}${before}: ${wrong.error}`;
}

/** null: what it becomes is not known here. */
function expand(
  written: ByteString,
  environment: CheckContext['environment'],
): { readonly text: ByteString } | { readonly error: ByteString } | null {
  let text = '';
  for (const part of parseVariables24(written).parts) {
    if (part.kind === 'text') {
      text += part.text;
      continue;
    }
    const [first, ...filters] = part.steps;
    if (first === undefined || first.parameters.length > 0) return null;
    const colon = first.name.indexOf(':');
    if (colon === -1) return { error: `Unknown variable '${first.name}'` };
    const prefix = first.name.slice(0, colon);
    if (!PREFIXES.includes(prefix)) return { error: `Unsupported prefix '${prefix}'` };
    if (prefix !== 'env') return null;
    const value = environment[first.name.slice('env:'.length)] ?? '';
    // An empty text stays empty in all filters that change letters.
    if (filters.length > 0 && value !== '') return null;
    text += value;
  }
  return { text };
}

/** Dovecot 2.4.1 var-expand.c internal_providers */
const PREFIXES = ['process', 'system', 'dovecot', 'env', 'event', 'date', 'time', 'generate'];
