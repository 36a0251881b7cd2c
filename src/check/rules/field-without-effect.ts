import type { Series } from '../../knowledge/versions.js';
import { allPassdbs } from '../chains.js';
import { fieldsOf, type PassdbField, passdbFields } from '../passdb-fields.js';
import { hasBrokenQuery } from '../passdb-queries.js';
import { BOTH, defineRule } from '../rule.js';

/** Fields that some protocols alone look at (proxy-protocol.md section 1.2). */
const PROTOCOLS: Readonly<Record<string, readonly string[]>> = {
  proxy_nopipelining: ['imap'],
  proxy_noauth: ['submission'],
  proxy_not_trusted: ['imap', 'pop3', 'submission'],
  protocol: ['lmtp'],
};
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
    const fields = passdbFields(config);
    const { protocols } = config.effective;
    const proxies = fields.some(({ name }) => /^(?:proxy|proxy_maybe|nologin|passdb_import)$/.test(name));
    const shown = allPassdbs(config).every(
      (passdb) => /^(?:sql|static)$/.test(passdb.driver) && !hasBrokenQuery(passdb, config),
    );
    for (const passdb of allPassdbs(config)) {
      const own = fieldsOf(passdb, fields);
      for (const field of own) {
        const reason =
          reasonFor(field, own, series, protocols) ?? (proxies || !shown ? null : withoutProxy(field));
        if (reason !== null)
          report({
            message: `${field.name} has no effect: ${reason}`,
            place: field.namePlace,
            help: 'Leave it out.',
          });
      }
    }
  },
});

function reasonFor(
  { name }: PassdbField,
  own: readonly PassdbField[],
  series: Series,
  enabled: readonly string[],
): string | null {
  if (series === '2.3' && ONLY_24.has(name)) return '2.3 does not know it';
  const looking = PROTOCOLS[name];
  if (looking !== undefined && enabled.length > 0 && !looking.some((protocol) => enabled.includes(protocol)))
    return `only ${looking.join(', ')} looks at it, and protocols holds ${enabled.join(' ')}`;
  if (name === 'nologin' && own.some((one) => one.name === 'proxy' && !one.canBeNull && !one.open))
    return 'a proxied user is not stopped by it';
  return null;
}

function withoutProxy({ name }: PassdbField): string | null {
  return OF_PROXY.test(name) ? 'no passdb returns proxy' : null;
}
