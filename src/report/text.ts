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

/** Findings of one rule in one file. */
interface Group {
  readonly first: Diagnostic;
  count: number;
  shown: number;
}

/** The same mistake thousands of times says nothing more than a few times. Machines get all of them. */
function capped(diagnostics: readonly Diagnostic[]): {
  readonly shown: readonly Diagnostic[];
  readonly left: readonly Group[];
} {
  if (diagnostics.length <= MANY) return { shown: diagnostics, left: [] };
  const byRule = new Map<string, Map<string, Group>>();
  const groups = diagnostics.map((one) => {
    const path = one.place?.source.realPath ?? '';
    const byFile = byRule.get(one.code) ?? new Map<string, Group>();
    byRule.set(one.code, byFile);
    const group = byFile.get(path) ?? { first: one, count: 0, shown: 0 };
    byFile.set(path, group);
    group.count++;
    return group;
  });
  const left = new Set<Group>();
  const shown = diagnostics.filter((_, index) => {
    const group = groups[index];
    if (group === undefined) return false;
    if (group.count > MANY && group.shown === SHOWN_OF_MANY) {
      left.add(group);
      return false;
    }
    group.shown++;
    return true;
  });
  return { shown, left: [...left] };
}

function leftText({ first, count, shown }: Group): string {
  const { code, rule, place } = first;
  const file = place === null ? '' : ` in ${displayText(place.source.realPath)}`;
  // Intl would say the same, after some milliseconds of loading.
  const more = String(count - shown).replace(/\B(?=(?:\d{3})+$)/g, ',');
  return `... and ${more} more of ${code} ${rule}${file}; --all shows them.`;
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
