import { describe, expect, test } from 'vitest';
import { Source } from '../../grammar/source.js';
import { applySafeFixes } from '../../src/check/apply-fixes.js';
import type { Diagnostic, Fix } from '../../src/check/diagnostic.js';

const SOURCE = new Source('a.conf', '0123456789');

const edit = (start: number, end: number, text: string) => ({
  place: { source: SOURCE, span: { start, end } },
  text,
});
const fix = (edits: Fix['edits'], safe = true): Fix => ({ title: 'x', safe, edits });
const finding = (...fixes: Fix[]): Diagnostic => ({
  code: 'DV999',
  rule: 'a-rule',
  severity: 'error',
  message: 'x',
  place: null,
  dovecot: null,
  related: [],
  help: '',
  fixes,
});
const result = (...diagnostics: Diagnostic[]) => {
  const { files, count } = applySafeFixes(diagnostics);
  return [files.map(({ text }) => text).join(), count];
};

describe('safe fixes', () => {
  test('are applied from any order, each where its place was', () => {
    expect(result(finding(fix([edit(8, 9, 'BB')])), finding(fix([edit(1, 3, '')])))).toEqual([
      '034567BB9',
      2,
    ]);
  });

  test('leave unsafe ones alone', () => {
    expect(result(finding(fix([edit(1, 3, '')], false)))).toEqual(['', 0]);
  });

  test('that touch each other wait for the next run', () => {
    expect(result(finding(fix([edit(1, 4, 'a')])), finding(fix([edit(3, 5, 'b')])))).toEqual(['0a456789', 1]);
    expect(result(finding(fix([edit(1, 4, 'a')])), finding(fix([edit(4, 5, 'b')])))).toEqual(['0a456789', 1]);
  });

  test('are applied whole or not at all', () => {
    const both = finding(fix([edit(3, 5, 'b'), edit(8, 9, 'c')]));
    expect(result(finding(fix([edit(1, 4, 'a')])), both)).toEqual(['0a456789', 1]);
  });

  test('of two findings with the same repair are applied once', () => {
    expect(result(finding(fix([edit(1, 2, '')])), finding(fix([edit(1, 2, '')])))).toEqual(['023456789', 2]);
  });

  test('take the first safe one of a finding', () => {
    const first = fix([edit(0, 1, 'unsafe')], false);
    expect(result(finding(first, fix([edit(0, 1, 'a')]), fix([edit(0, 1, 'b')])))).toEqual(['a123456789', 1]);
  });
});
