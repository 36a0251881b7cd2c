import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { CORPUS, corpusSets, hasCorpus } from '../conformance/corpus.js';
import { CHAIN_MUTATIONS } from './mutations/chain.js';
import { LANGUAGE_MUTATIONS } from './mutations/language.js';
import type { Mutation } from './mutations/mutation.js';
import { PROXY_MUTATIONS } from './mutations/proxy.js';
import { brokenBy, goodSets, type Verdict } from './mutations/recall.js';
import { SETTING_MUTATIONS } from './mutations/settings.js';
import { VERSION_MUTATIONS } from './mutations/versions.js';

// Recall: mistakes of administrators put into configurations that Dovecot accepts, each found with the right code on the
// right line. UPDATE_EXAMPLES=1 tries every mistake in every configuration and writes the table; else a part of them.

const MUTATIONS: readonly Mutation[] = [
  ...LANGUAGE_MUTATIONS,
  ...SETTING_MUTATIONS,
  ...CHAIN_MUTATIONS,
  ...PROXY_MUTATIONS,
  ...VERSION_MUTATIONS,
];
const PAGE = 'docs/conformance.md';
const TABLE = /(<!-- mistakes -->\n)[\s\S]*?(<!-- end of mistakes -->)/;
const UPDATE = process.env['UPDATE_EXAMPLES'] === '1' && hasCorpus;
/** How many configurations each mistake is put into without UPDATE_EXAMPLES; all of them have their turn. */
const PART = 2;

if (!hasCorpus) console.warn(`skipped: mistakes in other people's configurations, ${CORPUS} is not there`);

const page = readFileSync(PAGE, 'utf8');

test('at least 40 kinds of mistakes are tried, with all areas of rules', () => {
  expect(MUTATIONS.length).toBeGreaterThanOrEqual(40);
  expect(new Set(MUTATIONS.map(({ name }) => name)).size).toBe(MUTATIONS.length);
  const areas = MUTATIONS.flatMap(({ codes }) => codes.map((code) => code.slice(0, 3)));
  expect(new Set(areas)).toEqual(new Set(['DV1', 'DV2', 'DV3', 'DV4', 'DV5', 'DV6', 'DV7', 'DV8']));
});

test('the table of conformance.md has a row for each and at least 95 % of all are found', () => {
  const table = TABLE.exec(page)?.[0] ?? '';
  const rows = [...table.matchAll(/^\| (.*?) \| [\dDV, ]+ \| (\d+) of (\d+) \|$/gm)];
  expect(rows.map(([, name]) => name)).toEqual(MUTATIONS.map(({ name }) => name));
  const sum = (column: number) => rows.reduce((total, row) => total + Number(row[column]), 0);
  expect(sum(2) / sum(3)).toBeGreaterThanOrEqual(0.95);
});

describe.runIf(hasCorpus)('a mistake in a good configuration is found with its code on its line', () => {
  const sets = goodSets(corpusSets(), 50);

  test('50 configurations are broken', () => {
    expect(sets.length).toBe(50);
  });

  const verdicts = new Map<string, Verdict[]>();
  test.each(MUTATIONS.map((mutation, number) => ({ ...mutation, number })))('$name', ({ number }) => {
    const mutation = MUTATIONS[number];
    if (mutation === undefined) return;
    const found: Verdict[] = [];
    for (let turn = 0; turn < sets.length && (UPDATE || found.length < PART); turn++) {
      const set = sets[(number * PART + turn) % sets.length];
      const verdict = set === undefined ? null : brokenBy(mutation, set);
      if (verdict !== null) found.push(verdict);
    }
    verdicts.set(mutation.name, found);
    expect(found.length).toBeGreaterThan(0);
    expect(found.filter((one) => !one.found)).toEqual([]);
  });

  test.runIf(UPDATE)('the table is written', () => {
    const rows = MUTATIONS.map(({ name, codes }) => {
      const all = verdicts.get(name) ?? [];
      return `| ${name} | ${codes.join(', ')} | ${all.filter(({ found }) => found).length} of ${all.length} |`;
    });
    const all = [...verdicts.values()].flat();
    const text = [
      `${all.filter(({ found }) => found).length} of ${all.length} are found.`,
      '',
      '| Mistake | Code (any of) | Found |',
      '| --- | --- | --- |',
      ...rows,
      '',
    ].join('\n');
    writeFileSync(
      PAGE,
      readFileSync(PAGE, 'utf8').replace(TABLE, (_, head, end) => `${head}${text}${end}`),
    );
    expect(text).not.toBe('');
  });
});
