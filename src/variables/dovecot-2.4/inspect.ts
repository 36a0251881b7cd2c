import type { ByteString } from '../../../grammar/bytes.js';
import { nameTable } from '../../../grammar/name-table.js';
import type { Span } from '../../../grammar/source.js';
import { parseVariables23 } from '../../../grammar/variables-2.3/parser.js';
import { parseVariables24 } from '../../../grammar/variables-2.4/parser.js';
import type { Program24, Step24 } from '../../../grammar/variables-2.4/tree.js';
import { SHORT_TABLE_23, TABLE_24 } from '../auth-table.js';
import type { TemplateInspection, TemplateProblem, TemplateVariable } from '../inspect.js';
import { nameIn24, shortIn24 } from '../translation.js';
import { BUILT_IN_PREFIXES, FILTER_NAMES } from './names.js';

const KNOWN_FILTERS: ReadonlySet<string> = new Set(FILTER_NAMES);
const KNOWN_PREFIXES: ReadonlySet<string> = new Set([...BUILT_IN_PREFIXES, 'passdb', 'userdb']);

/** Filters that make a value of their own; all others fail as the first step, with these verbs (Dovecot 2.4.1). */
const NEEDS_NOTHING: ReadonlySet<string> = new Set(['lookup', 'literal', 'default', 'concat', 'if']);
const VERBS: Readonly<Record<string, string>> = nameTable({
  username: 'get username from',
  domain: 'get domain from',
  ldap_dn: 'convert to ldap_dn',
  substr: 'substring',
  list: 'generate list from',
  lfill: 'fill',
  rfill: 'fill',
  benumber: 'convert to number',
  lenumber: 'convert to number',
});

function variable(name: ByteString, span: Span): TemplateVariable {
  const colon = name.indexOf(':');
  const prefix = colon === -1 ? null : name.slice(0, colon);
  const known = prefix === null ? TABLE_24.has(name) : KNOWN_PREFIXES.has(prefix);
  return { name, written: name, span, prefix, known, suggestion: known ? null : nameIn24(name) };
}

function inspectProgram(
  program: Program24,
  variables: TemplateVariable[],
  problems: TemplateProblem[],
): void {
  program.steps.forEach((step, at) => {
    const filter = KNOWN_FILTERS.has(step.name);
    if (at > 0 && !filter) {
      const message = `No such function '${step.name}'`;
      problems.push({ kind: 'unknown-function', message, span: step.nameSpan, suggestion: null });
    }
    if (at === 0 && (!filter || TABLE_24.has(step.name))) variables.push(variable(step.name, step.nameSpan));
    else if (at === 0 && !NEEDS_NOTHING.has(step.name)) {
      const message = `${step.name}: No value to ${VERBS[step.name] ?? step.name}`;
      const suggestion = step.name === 'username' || step.name === 'domain' ? `user | ${step.name}` : null;
      problems.push({ kind: 'filter-without-value', message, span: step.nameSpan, suggestion });
    }
    for (const parameter of step.parameters)
      if (parameter.kind === 'variable') variables.push(variable(parameter.name, parameter.span));
    const looked = lookedUp(step);
    if (looked !== null) variables.push(variable(looked, step.span));
  });
}

/** Name given to `lookup('...')`. */
function lookedUp(step: Step24): ByteString | null {
  const [parameter] = step.parameters;
  return step.name === 'lookup' && parameter?.kind === 'string' ? parameter.text : null;
}

/** `%u` and `%%` outside `%{}`. */
function oldSyntax(template: ByteString, programs: readonly Span[]): TemplateProblem[] {
  const problems: TemplateProblem[] = [];
  let next = 0;
  for (const part of parseVariables23(template).parts) {
    if (part.kind !== 'variable' || part.name.kind !== 'short') continue;
    const { span, name, modifiers, offset, width } = part;
    while ((programs[next]?.end ?? Number.POSITIVE_INFINITY) <= span.start) next++;
    if ((programs[next]?.start ?? Number.POSITIVE_INFINITY) < span.end) continue;
    const written = template.slice(span.start, span.end);
    if (written === '%%') {
      if (template.charAt(span.end) === '{') continue;
      const message = 'In 2.4 %% stands for two percent signs';
      problems.push({ kind: 'old-syntax', message, span, suggestion: '%' });
    } else if (SHORT_TABLE_23.has(name.text)) {
      const message = `${written} is a variable of 2.3; 2.4 leaves it as it is written`;
      const suggestion = offset === 0 && width === 0 ? shortIn24(name.text, modifiers) : null;
      problems.push({ kind: 'old-syntax', message, span, suggestion });
    }
  }
  return problems;
}

export function inspect24(template: ByteString): TemplateInspection {
  const { parts, error, fatal, ignored, lost } = parseVariables24(template);
  const variables: TemplateVariable[] = [];
  const problems: TemplateProblem[] = [];
  if (fatal !== null) {
    const message = 'Dovecot 2.4.1 dies on an empty %{} with more text before and behind it';
    problems.push({ kind: 'crash', message, span: fatal, suggestion: '' });
  }
  if (error !== null) problems.push({ kind: 'syntax', ...error, suggestion: null });
  const programs = parts.filter((part) => part.kind === 'program');
  for (const program of programs) inspectProgram(program, variables, problems);
  for (const span of ignored) {
    const message = `Dovecot skips the byte ${template.slice(span.start, span.end)} without a word`;
    problems.push({ kind: 'ignored-byte', message, span, suggestion: '' });
  }
  for (const span of lost) {
    const message = 'Dovecot 2.4.1 loses a text that is exactly y';
    problems.push({ kind: 'lost-text', message, span, suggestion: "%{literal('y')}" });
  }
  if (error !== null) return { variables, problems };
  const old = oldSyntax(
    template,
    programs.map((program) => program.span),
  );
  return { variables, problems: problems.concat(old) };
}
