import { toUtf8 } from '../../grammar/bytes.js';
import type { Place } from '../../grammar/source.js';
import type { Diagnostic, Severity } from '../check/diagnostic.js';
import type { DovecotStage } from '../config/problem.js';
import { type CheckReport, plural, summarize, summaryText } from './check-report.js';
import { codeFrame, type FrameOptions } from './code-frame.js';
import type { Colours } from './colours.js';
import { displayText, displayWidth } from './display-text.js';
import { wrapWords } from './wrapping.js';

export interface TextOptions {
  readonly colours: Colours;
  readonly columns: number;
  readonly showSecrets: boolean;
  /** Long sentences are broken between words to fit `columns`, as on a terminal. */
  readonly wraps: boolean;
  /** Every finding, also where one rule has very many in one file. */
  readonly all: boolean;
}

/** For people: each finding with its line, what Dovecot says of it and what to do; one closing line. */
export function textReport(report: CheckReport, options: TextOptions): string {
  const { colours } = options;
  const { shown, left } = options.all ? { shown: report.diagnostics, left: [] } : capped(report.diagnostics);
  const blocks = shown.map((diagnostic) => `${block(diagnostic, options).join('\n')}\n`);
  const notes = left.map((one) => `${colours.dim(leftText(one))}\n`);
  const summary = summaryText(summarize(report.diagnostics));
  const files = plural(report.files.length, 'file');
  const fixable = report.diagnostics.filter(isFixable).length;
  const fixes =
    fixable === 0
      ? ''
      : ` ${fixable === report.diagnostics.length && fixable === 1 ? 'It' : `${fixable} of them`} can be repaired with --fix.`;
  const closing =
    summary === ''
      ? `${colours.green('No problems')} in ${files} (Dovecot ${report.version}).`
      : `${colours.bold(summary)} in ${files} (Dovecot ${report.version}).${fixes}`;
  return [...blocks, ...notes, `${closing}\n`].join('\n');
}

/** `--fix` repairs it. */
function isFixable({ fixes }: Diagnostic): boolean {
  return fixes.some(({ safe }) => safe);
}

/** Findings of one rule in one file beyond this number are counted, and the first of them shown. */
const MANY = 20;
const SHOWN_OF_MANY = 5;

interface LeftOut {
  readonly code: string;
  readonly rule: string;
  readonly file: string;
  readonly count: number;
}

/** The same mistake thousands of times says nothing more than a few times. Machines get all of them. */
function capped(diagnostics: readonly Diagnostic[]): {
  readonly shown: readonly Diagnostic[];
  readonly left: readonly LeftOut[];
} {
  const groupOf = ({ code, place }: Diagnostic) => `${code} ${place?.source.realPath ?? ''}`;
  const counts = new Map<string, number>();
  for (const one of diagnostics) counts.set(groupOf(one), (counts.get(groupOf(one)) ?? 0) + 1);
  if ([...counts.values()].every((count) => count <= MANY)) return { shown: diagnostics, left: [] };
  const seen = new Map<string, number>();
  const left = new Map<string, LeftOut>();
  const shown = diagnostics.filter((one) => {
    const group = groupOf(one);
    const count = counts.get(group) ?? 0;
    const number = (seen.get(group) ?? 0) + 1;
    seen.set(group, number);
    if (count <= MANY || number <= SHOWN_OF_MANY) return true;
    const file = displayText(one.place?.source.realPath ?? '');
    left.set(group, { code: one.code, rule: one.rule, file, count: count - SHOWN_OF_MANY });
    return false;
  });
  return { shown, left: [...left.values()] };
}

function leftText({ code, rule, file, count }: LeftOut): string {
  return `... and ${count.toLocaleString('en-US')} more of ${code} ${rule}${file === '' ? '' : ` in ${file}`}; --all shows them.`;
}

function block(diagnostic: Diagnostic, options: TextOptions): string[] {
  const { colours } = options;
  const { place, related } = diagnostic;
  const paint = severityColour(diagnostic.severity, colours);
  const gutter = gutterFor([...(place === null ? [] : [place]), ...related.map((one) => one.place)]);
  const margin = ' '.repeat(gutter);
  const lines = headline(diagnostic, options);
  const frame: Omit<FrameOptions, 'paint'> = options;
  if (place !== null) lines.push(...codeFrame(place, gutter, { ...frame, paint }));
  for (const { message, place: other } of related) {
    lines.push(`${colours.dim(`${margin} :`)} ${placeText(other)}: ${displayText(message)}`);
    lines.push(...codeFrame(other, gutter, { ...frame, paint: colours.cyan }));
  }
  const note = (label: string, text: string) => {
    const indent = gutter + 3;
    const columns = options.wraps ? options.columns : 0;
    const [first = '', ...rest] = wrapWords(displayText(text), columns, indent + label.length + 2, indent);
    lines.push(`${colours.dim(`${margin} =`)} ${colours.cyan(`${label}:`)} ${first}`);
    for (const line of rest) lines.push(' '.repeat(indent) + line);
  };
  if (diagnostic.dovecot !== null)
    note(STAGES[diagnostic.dovecot.stage], toUtf8(diagnostic.dovecot.message).replaceAll('\n', ' / '));
  if (diagnostic.help !== '') note('help', diagnostic.help);
  return lines;
}

/** Place, severity, what is wrong, and the rule; further lines are indented. */
function headline(diagnostic: Diagnostic, options: TextOptions): string[] {
  const { colours } = options;
  const { place, severity, message, code, rule } = diagnostic;
  const where = place === null ? '' : `${placeText(place)}: `;
  const columns = options.wraps ? options.columns : 0;
  const start = displayWidth(where) + severity.length + 2;
  const [first = '', ...rest] = wrapWords(displayText(message), columns, start, INDENT);
  const lines = [
    `${where === '' ? '' : `${colours.bold(where.slice(0, -2))}: `}${severityColour(severity, colours)(severity)}: ${colours.bold(first)}`,
    ...rest.map((line) => ' '.repeat(INDENT) + colours.bold(line)),
  ];
  const fixable = isFixable(diagnostic) ? ' fixable' : '';
  const tag = `${colours.dim(`[${code} ${rule}]`)}${colours.cyan(fixable)}`;
  const used = rest.length === 0 ? start + displayWidth(first) : INDENT + displayWidth(rest.at(-1) ?? '');
  const fits = columns === 0 || used + code.length + rule.length + fixable.length + 4 <= columns;
  const last = lines.pop() ?? '';
  return fits ? [...lines, `${last} ${tag}`] : [...lines, last, ' '.repeat(INDENT) + tag];
}

const INDENT = 4;

/** Who says Dovecot's words, and with it how late they come. */
const STAGES: Readonly<Record<DovecotStage, string>> = {
  doveconf: 'doveconf says',
  'auth-start': 'auth says when it starts',
  start: 'dovecot says when it starts',
  runtime: 'Dovecot says at run time',
};

export function severityColour(severity: Severity, colours: Colours): (text: string) => string {
  switch (severity) {
    case 'error':
      return colours.red;
    case 'warning':
      return colours.yellow;
    case 'info':
      return colours.blue;
  }
}

/** `dovecot.conf:62:12`. */
export function placeText({ source, span }: Place): string {
  const { line, column } = source.position(span.start);
  return `${displayText(source.realPath)}:${line}:${column}`;
}

function gutterFor(places: readonly Place[]): number {
  const numbers = places.map(({ source, span }) => String(source.lineAt(span.start)).length);
  return Math.max(2, ...numbers) + 1;
}
