import { describe, expect, test } from 'vitest';
import { check } from '../../src/check/runner.js';
import { caseFolder } from '../auth/case-chain.js';
import { chainCases } from '../auth/chain-cases.js';

// Everything that stopped the real auth process, or Dovecot itself, in the recorded start-ups is an error of check.

const vectors = chainCases();

/** No passdb, and no protocol switched on: it may be a fragment, so it is a warning. */
const FRAGMENTS = /^startup-no-passdbs@/;

const refused = [...vectors.startupFailures, ...vectors.startupChecks].flatMap((recorded) => {
  const { log = [], stderr = [] } = recorded;
  const fatal = [...stderr, ...log].find((line) => line.includes('Fatal: '));
  return fatal === undefined ? [] : [{ recorded, fatal, id: recorded.id }];
});

describe('a configuration that stops Dovecot is found', () => {
  test.each(refused)('$id', async ({ recorded, fatal }) => {
    const folder = await caseFolder(vectors, recorded);
    try {
      const found = check(folder.load()).filter(
        ({ severity }) => severity === 'error' || FRAGMENTS.test(recorded.id),
      );
      const said = found.map(({ dovecot }) => (dovecot?.message ?? '').replaceAll(folder.path, '@DIR@'));
      const wanted = fatal.replace(/^.*?Fatal: /, '');
      const texts = said.map((line) => line.replace(/^.*?Fatal: /, ''));
      // doveconf puts the file's name in front of what a check said.
      expect(
        texts.filter((text) => text === wanted || (text !== '' && wanted.endsWith(`: ${text}`))),
      ).not.toEqual([]);
    } finally {
      folder.remove();
    }
  });
});
