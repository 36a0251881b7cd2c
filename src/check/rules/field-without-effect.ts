import type { Series } from '../../knowledge/versions.js';
import { allPassdbs } from '../chains.js';
import { fieldNames, fieldsNamed, fieldsOf, type PassdbField, passdbFields } from '../passdb-fields.js';
import { hasBrokenQuery } from '../passdb-queries.js';
import { BOTH, defineRule, type Finding } from '../rule.js';

/** Fields that some protocols alone look at (proxy-protocol.md section 1.2). */
const PROTOCOLS: ReadonlyMap<string, readonly string[]> = new Map([
  ['proxy_nopipelining', ['imap']],
  ['proxy_noauth', ['submission']],
  ['proxy_not_trusted', ['imap', 'pop3', 'submission']],
  ['protocol', ['lmtp']],
]);
const ONLY_24 = new Set(['proxy_redirect_reauth', 'proxy_no_multiplex']);
/** What means nothing for a user who is not proxied. */
const OF_PROXY =
  /^(?:starttls|ssl|destuser|hostip|source_ip|proxy_mech|proxy_timeout|proxy_refresh|proxy_nopipelining|proxy_not_trusted|proxy_noauth)$/;

export const fieldWithoutEffect = defineRule({
  code: 'DV424',
  name: 'field-without-effect',
  severity: 'info',
  title: 'A proxy field that nobody looks at here',
  versions: BOTH,
  check({ config, series, report }) {
    const { protocols } = config.effective;
    const proxies = fieldsNamed(config, 'proxy', 'proxy_maybe', 'nologin', 'passdb_import').length > 0;
    const shown = allPassdbs(config).every(
      (passdb) => /^(?:sql|static)$/.test(passdb.driver) && !hasBrokenQuery(passdb, config),
    );
    for (const name of fieldNames(config)) {
      const reason = reasonFor(name, series, protocols) ?? (proxies || !shown ? null : withoutProxy(name));
      if (reason !== null) for (const field of fieldsNamed(config, name)) report(unused(field, reason));
    }
    const fields = passdbFields(config);
    for (const field of fieldsNamed(config, 'nologin')) {
      const own = fieldsOf(field.passdb, fields);
      if (own.some((one) => one.name === 'proxy' && !one.canBeNull && !one.open))
        report(unused(field, 'a proxied user is not stopped by it'));
    }
  },
});

function unused({ name, namePlace }: PassdbField, reason: string): Finding {
  return { message: `${name} has no effect: ${reason}`, place: namePlace, help: 'Leave it out.' };
}

function reasonFor(name: string, series: Series, enabled: readonly string[]): string | null {
  if (series === '2.3' && ONLY_24.has(name)) return '2.3 does not know it';
  const looking = PROTOCOLS.get(name);
  if (looking !== undefined && enabled.length > 0 && !looking.some((protocol) => enabled.includes(protocol)))
    return `only ${looking.join(', ')} looks at it, and protocols holds ${enabled.join(' ')}`;
  return null;
}

function withoutProxy(name: string): string | null {
  return OF_PROXY.test(name) ? 'no passdb returns proxy' : null;
}
