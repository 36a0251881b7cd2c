import { expect, test } from 'vitest';
import { Source } from '../../grammar/source.js';
import type { Diagnostic } from '../../src/check/diagnostic.js';
import { distinctFindings } from '../../src/check/distinct-findings.js';

const SOURCES = [new Source('a.conf', 'x'.repeat(20)), new Source('b.conf', 'x'.repeat(20))] as const;

function finding(message: string, source: Source | null, start = 0): Diagnostic {
  return {
    code: 'DV220',
    rule: 'repeated-setting',
    severity: 'warning',
    message,
    place: source === null ? null : { source, span: { start, end: start + 1 } },
    dovecot: null,
    related: [],
    help: '',
    fixes: [],
  };
}

const byMessage = ({ message }: Diagnostic) => message;

test('the second of two equal findings at one offset of one file goes, all others stay in order', () => {
  const [a, b] = SOURCES;
  const kept = [finding('x', a), finding('y', a), finding('x', a, 5), finding('x', b), finding('x', null)];
  const again = [finding('y', a), finding('x', a), finding('x', b), finding('x', null)];
  expect(distinctFindings([...kept, ...again], byMessage)).toEqual(kept);
});

test('findings without a key stay', () => {
  const all = [finding('x', null), finding('x', null), finding('x', null)];
  expect(distinctFindings(all, () => null)).toEqual(all);
});

test('100,000 findings at one place are told apart in a moment', () => {
  const all = Array.from({ length: 100_000 }, (_, index) => finding(String(index), SOURCES[0]));
  expect(distinctFindings([...all, ...all], byMessage)).toHaveLength(100_000);
});
