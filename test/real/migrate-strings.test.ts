import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { AUTH_TABLE } from '../../src/migrate/strings/name-tables.js';
import { translateTemplate } from '../../src/migrate/strings/template.js';
import { templates23 } from '../migrate/strings/template-pairs.js';
import { oracleAvailable, VariablesOracle } from './variables-oracle.js';

const COUNT = Number(process.env['DVPROXY_FUZZ_COUNT'] ?? 600);
const SEED = Number(process.env['DVPROXY_PROPERTY_SEED'] ?? 20_261_121);

const INFO = ['service=imap', 'lip=192.0.2.1', 'rip=198.51.100.7', 'lport=143', 'rport=54321'];
const REQUESTS = [
  { user: 'John.Doe@mail.Example.COM', password: 'p"w', info: [...INFO, 'session=se ss '] },
  // Another address: failed logins from the same one are answered later and later.
  { user: "o'b@x@y.org", password: ' ', info: [...INFO, 'rip=198.51.100.8', 'session=y'] },
  { user: 'b', password: '7', info: ['service=pop3'] },
];

describe('texts translated from 2.3 to 2.4', () => {
  const missing = (['2.3', '2.4'] as const).filter((series) => !oracleAvailable(series));
  if (missing.length > 0) {
    const reason = `Dovecot ${missing.join(' and ')} with Lua is not installed: translated texts are not tried`;
    if (process.env['CI'] === 'true') throw new Error(reason);
    test('are not tried', ({ skip }) => skip(reason));
    return;
  }
  const old = new VariablesOracle('2.3');
  const now = new VariablesOracle('2.4');
  afterAll(() => Promise.all([old.close(), now.close()]));

  const pairs = fc.sample(templates23, { numRuns: COUNT, seed: SEED }).flatMap((template) => {
    const { text, remarks } = translateTemplate(template, AUTH_TABLE);
    // Dovecot does not expand a value without a percent sign; the Lua function that answers here does.
    return remarks.length === 0 && text.includes('%') ? [{ template, text }] : [];
  });

  test.each(REQUESTS)(`are the same in both programs for $user`, { timeout: 300_000 }, async (request) => {
    const templates = pairs.map(({ template }) => template);
    const before = await old.evaluate(templates, request);
    const after = await now.evaluate(
      pairs.map(({ text }) => text),
      request,
    );
    expect(before.length).toBe(pairs.length);
    const different = pairs.flatMap((pair, at) => {
      const [one, other] = [before[at], after[at]];
      if (one?.kind === 'crash') return [];
      const same =
        one?.kind === 'text' ? other?.kind === 'text' && one.text === other.text : other?.kind === 'error';
      return same ? [] : [{ ...pair, one, other }];
    });
    expect(different).toEqual([]);
  });
});
