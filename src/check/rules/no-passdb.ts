import type { Config } from '../../config/config.js';
import type { Origin } from '../../config/origin.js';
import { authSettings, headOf } from '../chains.js';
import { BOTH, defineRule } from '../rule.js';
import { placeOfValue } from '../value-text.js';

/** Protocols whose clients log in. */
const LOGIN = new Set(['imap', 'pop3', 'submission', 'sieve']);

export const noPassdb = defineRule({
  code: 'DV309',
  name: 'no-passdb',
  severity: 'error',
  title: 'Authentication is set up without a passdb for users',
  versions: BOTH,
  check({ config, report }) {
    const [global] = authSettings(config);
    if (global === undefined) return;
    const remaining = global.passdbs.filter((passdb) => !passdb.master);
    while (remaining[0]?.skip.value === 'unauthenticated') remaining.shift();
    const [block] = global.passdbs;
    const protocols = config.effective.setting('protocols')?.origin ?? null;
    // A fragment that switches no protocol on may have its passdbs elsewhere.
    const written = protocols ?? completeBy(config);
    const place = block !== undefined ? headOf(block) : written === null ? null : placeOfValue(written);
    if (remaining.length > 0 || place === null) return;
    const { protocols: enabled } = config.effective;
    const hasLogins = enabled.some((name) => LOGIN.has(name)) || (enabled.length === 0 && protocols !== null);
    if (block === undefined && !hasLogins) return;
    if (authSettings(config).some(({ passdbs }) => passdbs.length > global.passdbs.length)) return;
    const mechanism = global.mechanisms[0] ?? 'PLAIN';
    report({
      message:
        block === undefined
          ? 'Nobody can log in: there is no passdb'
          : block.master
            ? 'Nobody can log in: there is a passdb for master users only'
            : 'Nobody can log in: every passdb is dropped, because no earlier one can authenticate',
      place,
      // An include that is not here may hold them.
      severity: block === undefined ? 'warning' : 'error',
      help: 'Add a passdb for the users themselves.',
      dovecot: {
        message: `auth: Fatal: No passdbs specified in configuration file. ${mechanism} mechanism needs one`,
        stage: 'auth-start',
      },
    });
  },
});

/** A setting that stands in whole configurations: where mail is, who asks. */
function completeBy({ effective }: Config): Origin | null {
  const names = ['auth_mechanisms', 'mail_location', 'mail_path', 'mail_driver'];
  for (const name of names) {
    const origin = effective.setting(name)?.origin ?? null;
    if (origin !== null) return origin;
  }
  return null;
}
