import type { ByteString } from '../../grammar/bytes.js';
import { parseVariables24 } from '../../grammar/variables-2.4/parser.js';
import type { Template24 } from '../../grammar/variables-2.4/tree.js';
import type { Series } from '../knowledge/versions.js';
import { type Compiled23, compile23 } from './dovecot-2.3/compile.js';
import { evaluate23 } from './dovecot-2.3/evaluate.js';
import { evaluate24 } from './dovecot-2.4/evaluate.js';
import type { Escape, Expansion, VariableScope } from './scope.js';
import type { Trace } from './trace.js';

const MAX_CACHED = 2000;
/** Longer templates are parsed each time: keeping them would cost more memory than time. */
const MAX_CACHED_LENGTH = 16_384;

const compiled23 = new Map<ByteString, Compiled23>();
const parsed24 = new Map<ByteString, Template24>();

/** Remembers what `make` makes of a template; forgets the oldest beyond a limit. */
function cached<T>(cache: Map<ByteString, T>, template: ByteString, make: (template: ByteString) => T): T {
  const known = cache.get(template);
  if (known !== undefined) return known;
  const made = make(template);
  if (template.length <= MAX_CACHED_LENGTH) {
    if (cache.size >= MAX_CACHED) {
      const [oldest] = cache.keys();
      if (oldest !== undefined) cache.delete(oldest);
    }
    cache.set(template, made);
  }
  return made;
}

/**
 * Expands a setting's value as that series of Dovecot does: one without a `%` is taken as it stands. `escaping` makes
 * values safe for their place: 2.3 applies it to each value before modifiers, 2.4 to the result of each `%{}`.
 */
export function expand(
  series: Series,
  template: ByteString,
  scope: VariableScope,
  escaping?: Escape,
): Expansion {
  if (!template.includes('%')) return { kind: 'ok', text: template };
  return expandText(series, template, scope, escaping);
}

/**
 * Expands a text, whatever it holds, and tells each step. Differs from `expand` for the 2.4 text `y` alone, which the
 * scanner of 2.4.1 drops.
 */
export function expandText(
  series: Series,
  template: ByteString,
  scope: VariableScope,
  escaping?: Escape,
  trace?: Trace,
): Expansion {
  return series === '2.3'
    ? evaluate23(cached(compiled23, template, compile23), scope, escaping, trace)
    : evaluate24(cached(parsed24, template, parseVariables24), scope, escaping, trace);
}
