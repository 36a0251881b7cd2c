import type { Difference } from '../simulate/facts.js';
import type { Colours } from './colours.js';
import { displayText } from './display-text.js';

/** One test with what was not as expected; none: it passed. */
export interface TestResult {
  readonly file: string;
  readonly line: number;
  readonly name: string;
  readonly unmet: readonly Difference[];
  /** What kept the question from being asked. */
  readonly error: string | null;
}

export type TestFormat = 'text' | 'tap' | 'junit' | 'github' | 'json';

export function testReport(results: readonly TestResult[], format: TestFormat, colours: Colours): string {
  switch (format) {
    case 'text':
      return textReport(results, colours);
    case 'tap':
      return tapReport(results);
    case 'junit':
      return junitReport(results);
    case 'github':
      return githubReport(results);
    case 'json':
      return jsonReport(results);
  }
}

export function passed({ unmet, error }: TestResult): boolean {
  return unmet.length === 0 && error === null;
}

function reasonsOf({ unmet, error }: TestResult): string[] {
  if (error !== null) return [displayText(error)];
  const width = Math.max(0, ...unmet.map(({ name }) => name.length));
  return unmet.map(
    ({ name, before, after }) =>
      `${displayText(name.padEnd(width))}  expected ${shownValue(before)}, got ${shownValue(after)}`,
  );
}

function shownValue(value: string): string {
  return value === '' || value === '-' ? 'none' : displayText(value);
}

function textReport(results: readonly TestResult[], colours: Colours): string {
  const lines: string[] = [];
  let file: string | null = null;
  for (const result of results) {
    if (result.file !== file) lines.push(colours.bold(displayText(result.file)));
    file = result.file;
    const name = displayText(result.name);
    if (passed(result)) lines.push(`   ${colours.green('ok')}    ${name}`);
    else lines.push(`   ${colours.red('FAIL')}  ${name}  ${colours.dim(`line ${result.line}`)}`);
    for (const reason of reasonsOf(result)) lines.push(`         ${reason}`);
  }
  const failed = results.filter((result) => !passed(result)).length;
  const count = `${results.length} ${results.length === 1 ? 'test' : 'tests'}`;
  lines.push(failed === 0 ? `${count}, all as expected.` : `${count}, ${failed} failed.`);
  return `${lines.join('\n')}\n`;
}

/** Test Anything Protocol 14. */
function tapReport(results: readonly TestResult[]): string {
  const lines = ['TAP version 14', `1..${results.length}`];
  results.forEach((result, at) => {
    const name = displayText(result.name).replaceAll('\\', '\\\\').replaceAll('#', '\\#');
    lines.push(`${passed(result) ? 'ok' : 'not ok'} ${at + 1} - ${name}`);
    if (passed(result)) return;
    lines.push('  ---', `  at: ${JSON.stringify(`${result.file}:${result.line}`)}`, '  message: |');
    for (const reason of reasonsOf(result)) lines.push(`    ${reason}`);
    lines.push('  ...');
  });
  return `${lines.join('\n')}\n`;
}

function junitReport(results: readonly TestResult[]): string {
  const files = [...new Set(results.map(({ file }) => file))];
  const failures = (of: readonly TestResult[]) => of.filter((result) => !passed(result)).length;
  const suites = files.map((file) => {
    const own = results.filter((result) => result.file === file);
    return [
      `  <testsuite name="${xml(file)}" tests="${own.length}" failures="${failures(own)}" errors="0">`,
      ...own.map(junitCase),
      '  </testsuite>',
    ].join('\n');
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites tests="${results.length}" failures="${failures(results)}">`,
    ...suites,
    '</testsuites>\n',
  ].join('\n');
}

function junitCase(result: TestResult): string {
  const head = `    <testcase classname="${xml(result.file)}" name="${xml(result.name)}"`;
  if (passed(result)) return `${head}/>`;
  const reasons = reasonsOf(result).map(xml);
  return `${head}>\n      <failure message="${reasons[0] ?? ''}">${xml(result.file)}:${result.line}: ${reasons.join('\n')}</failure>\n    </testcase>`;
}

function xml(text: string): string {
  return displayText(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** Workflow commands, which GitHub shows at the line of the test. */
function githubReport(results: readonly TestResult[]): string {
  const lines = results
    .filter((result) => !passed(result))
    .map((result) => {
      const message = escaped([result.name, ...reasonsOf(result)].join('\n'));
      return `::error file=${property(result.file)},line=${result.line},title=dvproxy test::${message}\n`;
    });
  return lines.join('');
}

function escaped(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return escaped(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}

function jsonReport(results: readonly TestResult[]): string {
  const tests = results.map((result) => ({ ...result, passed: passed(result) }));
  return `${JSON.stringify({ schema: 1, tests }, null, 2)}\n`;
}
