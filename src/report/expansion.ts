import { type ByteString, toUtf8 } from '../../grammar/bytes.js';
import { nameTable } from '../../grammar/name-table.js';
import { isUtf8 } from '../../grammar/utf8.js';
import type { DovecotVersion } from '../knowledge/versions.js';
import type { TemplateProblem } from '../variables/inspect.js';
import type { Expansion } from '../variables/scope.js';
import type { TraceStep } from '../variables/trace.js';
import type { Colours } from './colours.js';
import { displayText, displayWidth } from './display-text.js';

export interface ExpansionReport {
  readonly version: DovecotVersion;
  readonly template: ByteString;
  readonly expansion: Expansion;
  readonly problems: readonly TemplateProblem[];
  readonly steps: readonly TraceStep[];
}

export interface ExpansionLayout {
  readonly trace: boolean;
  /** The result goes to a terminal: control characters are shown, not sent. */
  readonly isTty: boolean;
  readonly out: Colours;
  readonly err: Colours;
}

/** Bytes that are no text stand as `\xNN`. */
function escapedBytes(bytes: ByteString): string {
  return isUtf8(bytes)
    ? toUtf8(bytes)
    : bytes.replace(/[^\x20-\x7e]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

/** The result and, with a trace, how it came about; notes and errors for standard error. */
export function expansionAsText(
  report: ExpansionReport,
  layout: ExpansionLayout,
): { stdout: string; stderr: string } {
  const { expansion } = report;
  const { out, err } = layout;
  let stdout = layout.trace ? traceText(report, out) : '';
  let stderr = '';
  if (expansion.kind === 'ok') {
    const text = escapedBytes(expansion.text);
    const shown = layout.isTty || layout.trace ? displayText(text) : text;
    stdout += layout.trace ? `${out.bold('result')}  ${shown}\n` : `${shown}\n`;
    if (!isUtf8(expansion.text))
      stderr += `${err.dim('note:')} the result is no text; bytes are shown as \\xNN\n`;
  } else if (expansion.crash !== undefined) {
    stderr += `${err.red('dvproxy:')} Dovecot would crash or hang here: ${displayText(toUtf8(expansion.message))}\n`;
  } else stderr += `${err.red('dvproxy:')} ${displayText(toUtf8(expansion.message))}\n`;
  for (const problem of report.problems) stderr += noteText(problem, err);
  return { stdout, stderr };
}

function noteText({ kind, message, suggestion }: TemplateProblem, colours: Colours): string {
  const label = colours.dim('note:');
  const instead =
    suggestion === null || suggestion === '' ? '' : `; write ${displayText(toUtf8(suggestion))}`;
  switch (kind) {
    case 'new-syntax':
      return `${label} this is 2.4 syntax and 2.3 was asked (--dovecot 2.4)${instead && `, or in 2.3${instead.slice(1)}`}\n`;
    case 'syntax':
    case 'crash':
    case 'bad-function':
    case 'unknown-function':
    case 'unclosed':
      // Said by the error itself.
      return '';
    case 'filter-without-value':
      return suggestion === null ? '' : `${label} write %{${suggestion}}\n`;
    default:
      return `${label} ${displayText(toUtf8(message))}${instead}\n`;
  }
}

const MODIFIERS: Readonly<Record<string, string>> = nameTable({
  L: 'lower case',
  U: 'upper case',
  E: 'quotes escaped',
  X: 'as hexadecimal number',
  R: 'reversed',
  H: 'hash',
  N: 'new hash',
  M: 'MD5',
  D: 'as LDAP dc=',
  T: 'trimmed',
});

function labelOf(step: TraceStep, template: ByteString): string {
  switch (step.action) {
    case 'modifier':
      return `${step.name} (${MODIFIERS[step.name] ?? 'modifier'})`;
    case 'cut':
      return `cut ${step.name}`;
    case 'escape':
      return '(escaped)';
    default: {
      const written = step.at === undefined ? step.name : template.slice(step.at.start, step.at.end);
      return displayText(toUtf8(written));
    }
  }
}

const MAX_LABEL = 36;

function traceText({ template, steps }: ExpansionReport, colours: Colours): string {
  const rows = steps.map((step) => ({ step, label: '  '.repeat(step.depth) + labelOf(step, template) }));
  const width = Math.min(MAX_LABEL, Math.max(0, ...rows.map(({ label }) => displayWidth(label))));
  let text = '';
  let heading = '';
  const pending: string[] = [];
  for (const { step, label } of rows) {
    const value = valueText(step, colours);
    const line = `  ${colours.cyan(label)}${' '.repeat(Math.max(0, width - displayWidth(label)))}  ${value}\n`;
    if (step.depth > 0) {
      pending.push(line);
      continue;
    }
    const expression = displayText(toUtf8(template.slice(step.span.start, step.span.end)));
    if (expression !== heading || step.action === 'variable') text += `${colours.bold(expression)}\n`;
    heading = expression;
    text += pending.splice(0).join('') + line;
  }
  return text === '' ? '' : `${text}${pending.join('')}\n`;
}

function valueText(step: TraceStep, colours: Colours): string {
  if (step.error !== undefined) return colours.red(displayText(toUtf8(step.error)));
  if (step.binary === true) {
    const hex = Buffer.from(step.value, 'latin1').toString('hex');
    return `${hex} ${colours.dim('(binary)')}`;
  }
  return step.value === '' ? colours.dim('(empty)') : displayText(escapedBytes(step.value));
}

function bytesAsJson(bytes: ByteString, name: string): Record<string, string> {
  return isUtf8(bytes)
    ? { [name]: toUtf8(bytes) }
    : { [name]: toUtf8(bytes), [`${name}_hex`]: Buffer.from(bytes, 'latin1').toString('hex') };
}

export function expansionAsJson(report: ExpansionReport, withTrace: boolean): string {
  const { expansion, template, version } = report;
  const outcome =
    expansion.kind === 'ok'
      ? { ...bytesAsJson(expansion.text, 'result'), error: null }
      : {
          result: null,
          error: toUtf8(expansion.message),
          ...(expansion.partial === undefined ? {} : bytesAsJson(expansion.partial, 'partial')),
          ...(expansion.crash === undefined ? {} : { crash: expansion.crash }),
        };
  const document = {
    schema: 1,
    dovecot: version,
    expression: toUtf8(template),
    ...outcome,
    problems: report.problems.map(({ kind, message, span, suggestion }) => ({
      kind,
      message: toUtf8(message),
      start: span.start,
      end: span.end,
      suggestion: suggestion === null ? null : toUtf8(suggestion),
    })),
    ...(withTrace ? { trace: report.steps.map((step) => stepAsJson(step, template)) } : {}),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function stepAsJson(step: TraceStep, template: ByteString): Record<string, unknown> {
  const own = step.depth === 0 ? toUtf8(template.slice(step.span.start, step.span.end)) : null;
  return {
    expression: own,
    depth: step.depth,
    action: step.action,
    name: toUtf8(step.name),
    ...bytesAsJson(step.value, 'value'),
    ...(step.binary === true ? { binary: true } : {}),
    ...(step.error === undefined ? {} : { error: toUtf8(step.error) }),
  };
}
