import { describe, expect, test } from 'vitest';
import type { AuthSettings, PassdbBlock } from '../../../src/config/effective.js';
import { scenariosOf, scenarioText } from '../../../src/migrate/proof/scenario.js';

/** A chain of passdbs with these drivers, as far as scenarios look at it. */
function chainOf(...drivers: readonly string[]): AuthSettings {
  const passdbs = drivers.map((driver, at) => ({
    index: at + 1,
    name: '',
    driver: driver.replace(/!$/, ''),
    master: driver.endsWith('!'),
  })) as unknown as readonly PassdbBlock[];
  return { passdbs } as AuthSettings;
}

describe('questions that a chain itself suggests', () => {
  test('are all combinations of answers of its databases', () => {
    expect(scenariosOf(chainOf('sql', 'static', 'ldap'), 'imap')).toHaveLength(16);
  });

  test('are asked by a master user, too, where there is a passdb for them', () => {
    const scenarios = scenariosOf(chainOf('passwd-file!', 'sql'), 'imap');
    expect(scenarios.filter(({ master }) => master)).toHaveLength(16);
    expect(scenarios).toHaveLength(32);
  });

  test('are look-ups for LMTP', () => {
    const scenarios = scenariosOf(chainOf('passwd-file!', 'sql'), 'lmtp');
    expect(scenarios.every(({ lookup, master }) => lookup && !master)).toBe(true);
  });

  test('leave out a database whose driver 2.4 does not have', () => {
    expect(scenariosOf(chainOf('sql', 'shadow'), 'imap')).toHaveLength(4);
  });

  test('are pairs where all combinations would be too many', () => {
    const scenarios = scenariosOf(chainOf('sql', 'sql', 'sql', 'sql', 'sql', 'sql', 'sql', 'sql'), 'imap');
    expect(scenarios).toHaveLength(28 * 16);
  });

  test('say which database does what', () => {
    const chain = chainOf('sql');
    const [first] = scenariosOf(chain, 'imap');
    expect(first === undefined ? '' : scenarioText(first, chain)).toBe('imap, sql (passdb 1): found');
  });
});
