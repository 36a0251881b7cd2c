import { toUtf8 } from '../../grammar/bytes.js';
import type { Place } from '../../grammar/source.js';
import type { Diagnostic, Severity } from '../check/diagnostic.js';
import type { DovecotStage } from '../config/problem.js';
import { type CheckReport, plural, summarize, summaryText } from './check-report.js';
import { codeFrame, type FrameOptions } from './code-frame.js';
import type { Colours } from './colours.js';
import { displayText } from './display-text.js';

export interface TextOptions {
  readonly colours: Colours;
  readonly columns: number;
  readonly showSecrets: boolean;
}

/** For people: each finding with its line, what Dovecot says of it and what to do; one closing line. */
export function textReport(report: CheckReport, options: TextOptions): string {
  const { colours } = options;
  const blocks = report.diagnostics.map((diagnostic) => `${block(diagnostic, options).join('\n')}\n`);
  const summary = summaryText(summarize(report.diagnostics));
  const files = plural(report.files.length, 'file');
  const closing =
    summary === ''
      ? `${colours.green('No problems')} in ${files} (Dovecot ${report.version}).`
      : `${colours.bold(summary)} in ${files} (Dovecot ${report.version}).`;
  return [...blocks, `${closing}\n`].join('\n');
}

function block(diagnostic: Diagnostic, options: TextOptions): string[] {
  const { colours } = options;
  const { place, related } = diagnostic;
  const paint = severityColour(diagnostic.severity, colours);
  const gutter = gutterFor([...(place === null ? [] : [place]), ...related.map((one) => one.place)]);
  const margin = ' '.repeat(gutter);
  const lines = [
    `${place === null ? '' : `${colours.bold(placeText(place))}: `}${paint(diagnostic.severity)}: ` +
      `${colours.bold(displayText(diagnostic.message))} ${colours.dim(`[${diagnostic.code} ${diagnostic.rule}]`)}`,
  ];
  const frame: Omit<FrameOptions, 'paint'> = options;
  if (place !== null) lines.push(...codeFrame(place, gutter, { ...frame, paint }));
  for (const { message, place: other } of related) {
    lines.push(`${colours.dim(`${margin} :`)} ${placeText(other)}: ${displayText(message)}`);
    lines.push(...codeFrame(other, gutter, { ...frame, paint: colours.cyan }));
  }
  const note = (label: string, text: string) => {
    const rest = displayText(text);
    lines.push(`${colours.dim(`${margin} =`)} ${colours.cyan(`${label}:`)} ${rest}`);
  };
  if (diagnostic.dovecot !== null)
    note(STAGES[diagnostic.dovecot.stage], toUtf8(diagnostic.dovecot.message).replaceAll('\n', ' / '));
  if (diagnostic.help !== '') note('help', diagnostic.help);
  return lines;
}

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
