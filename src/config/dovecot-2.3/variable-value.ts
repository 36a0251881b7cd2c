import type { ByteString } from '../../../grammar/bytes.js';
import type { Layer } from './layer.js';
import { currentText } from './layer.js';

/** Layers from the innermost open section outwards, as `key = $key ...` looks for its outer value. */
export type LayerChain = readonly Layer[];

export interface VariableValue {
  /** As doveconf shows it without `-x`: only `$key` of the setting itself is expanded. */
  readonly text: ByteString;
  readonly expanded: ByteString;
  /** Dovecot's words where a variable cannot be expanded, and whether doveconf needs it without `-x`. */
  readonly error: { readonly text: ByteString; readonly always: boolean } | null;
}

/** Dovecot 2.3.19.1 config-parser.c config_write_keyvariable(). */
export function expandVariables(
  key: ByteString,
  value: ByteString,
  layers: LayerChain,
  environment: Readonly<Record<string, string | undefined>>,
): VariableValue {
  const texts: ByteString[] = [];
  const expansions: ByteString[] = [];
  let error: VariableValue['error'] = null;
  for (const word of value.split(/ [ \t]*/)) {
    if (!word.startsWith('$')) {
      texts.push(word);
      expansions.push(word);
      continue;
    }
    const name = word.slice(1);
    const own = name === key;
    const found = lookUp(name, own, layers, environment);
    if (found.ok) {
      texts.push(own ? found.text : word);
      expansions.push(own ? found.text : found.expanded);
      continue;
    }
    if (error === null || (own && !error.always)) error = { text: found.error, always: own };
    texts.push(word);
    expansions.push(word);
  }
  return { text: texts.join(' '), expanded: expansions.join(' '), error };
}

type LookedUp =
  | { readonly ok: true; readonly text: ByteString; readonly expanded: ByteString }
  | { readonly ok: false; readonly error: ByteString };

function lookUp(
  name: ByteString,
  own: boolean,
  layers: LayerChain,
  environment: Readonly<Record<string, string | undefined>>,
): LookedUp {
  if (name.startsWith('ENV:') && !own) {
    const text = environment[name.slice(4)] ?? '';
    return { ok: true, text, expanded: text };
  }
  for (const [index, layer] of layers.entries()) {
    const found = layer.find(name);
    if (found === null || found.kind === 'string') return { ok: false, error: `Unknown variable: $${name}` };
    if (found.definition.kind !== 'value') return { ok: false, error: `Invalid variable: $${name}` };
    const stored = found.node.values.get(found.definition.name);
    if (stored !== undefined) return { ok: true, text: stored.text, expanded: stored.expanded };
    // Only `key = $key` asks the sections around when this one has not set it.
    if (own && index + 1 < layers.length) continue;
    const text = currentText(found.node, found.definition.name) ?? '';
    return { ok: true, text, expanded: text };
  }
  return { ok: false, error: `Unknown variable: $${name}` };
}
