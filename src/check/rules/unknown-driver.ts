import type { Series } from '../../knowledge/versions.js';
import { allPassdbs, allUserdbs, headOf } from '../chains.js';
import { BOTH, defineRule, listOf } from '../rule.js';
import { valueInSection } from '../statements.js';

// auth-chain.md section 5; passdb.c and userdb.c of both versions.
const PASSDB = ['imap', 'ldap', 'lua', 'oauth2', 'pam', 'passwd', 'passwd-file', 'sql', 'static'];
const USERDB = ['ldap', 'lua', 'passwd', 'passwd-file', 'prefetch', 'sql', 'static'];
const ONLY_23 = ['checkpassword', 'dict', 'shadow'];
const NOT_BUILT = ['bsdauth'];

export const unknownDriver = defineRule({
  code: 'DV310',
  name: 'unknown-driver',
  severity: 'error',
  title: 'A passdb or userdb driver that this version does not have',
  versions: BOTH,
  check({ config, series, report }) {
    const drivers = { passdb: known('passdb', series), userdb: known('userdb', series) };
    for (const block of [...allPassdbs(config), ...allUserdbs(config)]) {
      const { driver, kind } = block;
      if (driver === '' || driver.includes('%') || driver.includes('$')) continue;
      if (drivers[kind].includes(driver)) continue;
      const notBuilt = kind === 'passdb' && NOT_BUILT.includes(driver);
      const gone = series === '2.4' && (ONLY_23.includes(driver) || driver === 'vpopmail');
      report({
        message: gone
          ? `The ${kind} driver ${driver} ended with 2.3`
          : notBuilt
            ? `The ${kind} driver ${driver} is not built into Debian's Dovecot`
            : `There is no ${kind} driver ${driver}`,
        place: valueInSection(config, block.at, 'driver') ?? headOf(block),
        help:
          series === '2.4' && driver === block.name
            ? `Write "driver = ..." in the block: without it the block's name counts as the driver.`
            : `Drivers of ${series}: ${listOf(drivers[kind], 'and')}.`,
        dovecot: {
          message: notBuilt
            ? `auth: Fatal: Support not compiled in for ${kind} driver '${driver}'`
            : `auth: Fatal: Unknown ${kind} driver '${driver}'`,
          stage: 'auth-start',
        },
      });
    }
  },
});

function known(kind: 'passdb' | 'userdb', series: Series): string[] {
  const base = kind === 'passdb' ? PASSDB : USERDB;
  const more = series === '2.3' ? ONLY_23.filter((name) => kind === 'passdb' || name !== 'shadow') : [];
  return [...base, ...more].sort();
}
