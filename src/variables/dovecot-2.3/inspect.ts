import type { ByteString } from '../../../grammar/bytes.js';
import type { Span } from '../../../grammar/source.js';
import { splitIfParameters, splitLongName } from '../../../grammar/variables-2.3/long-name.js';
import { parseVariables23 } from '../../../grammar/variables-2.3/parser.js';
import { parseVariables24 } from '../../../grammar/variables-2.4/parser.js';
import { LONG_TABLE_23, SHORT_NAMES_23, SHORT_TABLE_23 } from '../auth-table.js';
import { DIGEST_NAMES } from '../digests.js';
import type { TemplateInspection, TemplateProblem, TemplateVariable } from '../inspect.js';
import { MAX_NESTING } from '../limits.js';
import { stepsIn23 } from '../translation.js';

const SYSTEM_NAMES: ReadonlySet<string> = new Set(['pid', 'uid', 'gid', 'hostname']);
const FUNCTIONS: ReadonlySet<string> = new Set([...DIGEST_NAMES, 'pkcs5', 'if', 'encrypt', 'decrypt']);
const KNOWN_PREFIXES: ReadonlySet<string> = new Set(['passdb', 'userdb', 'env']);

class Inspector23 {
  readonly variables: TemplateVariable[] = [];
  readonly problems: TemplateProblem[] = [];

  template(text: ByteString, start: number, depth: number): void {
    if (depth > MAX_NESTING) return;
    const { parts, cutShort } = parseVariables23(text);
    if (cutShort !== null)
      this.problem('cut-short', 'The text ends inside a variable: Dovecot drops it', moved(cutShort, start));
    for (const part of parts) {
      if (part.kind === 'text') continue;
      const span = moved(part.span, start);
      const { name } = part;
      if (name.kind === 'short') this.short(name.text, span);
      else if (!name.closed) this.problem('unclosed', 'The braces do not balance', span);
      else this.long(name.text, moved(name.span, start), span, depth);
    }
  }

  short(letter: ByteString, span: Span): void {
    if (letter === '%') return;
    this.variables.push({
      name: SHORT_NAMES_23.get(letter) ?? letter,
      written: letter,
      span,
      prefix: null,
      known: SHORT_TABLE_23.has(letter),
      suggestion: null,
    });
  }

  /** `at`: where the name stands; `span`: the whole expression. */
  long(name: ByteString, at: Span, span: Span, depth: number): void {
    if (LONG_TABLE_23.has(name) || SYSTEM_NAMES.has(name)) {
      this.variables.push({ name, written: name, span, prefix: null, known: true, suggestion: null });
      return;
    }
    const { key, data, func, options } = splitLongName(name);
    const lower = func.toLowerCase();
    if (lower === 'if') this.condition(name, at, span, depth);
    else if (FUNCTIONS.has(lower)) {
      if (depth <= MAX_NESTING)
        this.long(data, { start: at.end - data.length, end: at.end }, span, depth + 1);
      let offset = at.start + func.length + 1;
      for (const option of options) {
        const equals = option.indexOf('=') + 1;
        if (/^(?:salt|iv|key)=/.test(option)) this.template(option.slice(equals), offset + equals, depth + 1);
        offset += option.length + 1;
      }
    } else this.other(name, key, span);
  }

  condition(name: ByteString, at: Span, span: Span, depth: number): void {
    const parameters = splitIfParameters(name);
    if (parameters === null) this.problem('bad-function', 'if: missing parameter(s)', span);
    else if (parameters.length !== 4 && parameters.length !== 5) {
      const message = `if: requires four or five parameters, got ${parameters.length}`;
      this.problem('bad-function', message, span);
    } else for (const { text, start } of parameters) this.template(text, at.start + start, depth + 1);
  }

  /** A name with a prefix, or one that nobody knows. */
  other(name: ByteString, key: ByteString, span: Span): void {
    const newer = steps24(name);
    if (newer !== null) {
      this.problem('new-syntax', `Unknown variable '%${key}'`, span, stepsIn23(newer));
      return;
    }
    const prefix = name.length > key.length || KNOWN_PREFIXES.has(key) ? key : null;
    const known = prefix !== null && KNOWN_PREFIXES.has(prefix);
    const suggestion = prefix === null ? stepsIn23([name]) : null;
    const usable = suggestion !== null && suggestion !== `%{${name}}` ? suggestion : null;
    this.variables.push({ name, written: name, span, prefix, known, suggestion: usable });
  }

  problem(
    kind: TemplateProblem['kind'],
    message: ByteString,
    span: Span,
    suggestion: ByteString | null = null,
  ): void {
    this.problems.push({ kind, message, span, suggestion });
  }
}

function moved(span: Span, by: number): Span {
  return { start: span.start + by, end: span.end + by };
}

/** Names of the steps where the text between the braces is a 2.4 expression of several. */
function steps24(name: ByteString): ByteString[] | null {
  if (!/[|(]/.test(name)) return null;
  const { parts, error } = parseVariables24(`%{${name}}`);
  const [program] = parts;
  if (error !== null || parts.length !== 1 || program?.kind !== 'program') return null;
  // Arguments have no counterpart: such a step is named in a way that has none either.
  return program.steps.map((step) => (step.parameters.length === 0 ? step.name : `${step.name}()`));
}

export function inspect23(template: ByteString): TemplateInspection {
  const inspector = new Inspector23();
  inspector.template(template, 0, 0);
  return { variables: inspector.variables, problems: inspector.problems };
}
