import { isSameBlock } from '../chains.js';
import { passdbFields } from '../passdb-fields.js';
import { passwordQueries } from '../passdb-queries.js';
import { BOTH, defineRule, listOf } from '../rule.js';

const PROXIED = ['imap', 'pop3', 'submission', 'sieve'];
const NAMES_PROTOCOL = /%(?:s|\{(?:service|protocol|lport|local_port)\b|a\b)/;

export const portForAllProtocols = defineRule({
  code: 'DV414',
  name: 'port-for-all-protocols',
  severity: 'warning',
  title: 'One port field for several protocols',
  versions: BOTH,
  check({ config, report }) {
    const { effective } = config;
    const protocols = effective.protocols.filter(
      (name) =>
        PROXIED.includes(name) || (name === 'lmtp' && effective.login({ protocol: 'lmtp' }).lmtpProxy),
    );
    if (effective.setting('protocols')?.origin == null || protocols.length < 2) return;
    const fields = passdbFields(config);
    const queries = passwordQueries(config);
    for (const field of fields) {
      if (field.name !== 'port' || field.canBeNull) continue;
      if (!fields.some(({ name, passdb }) => name.startsWith('proxy') && isSameBlock(passdb, field.passdb)))
        continue;
      if (
        queries.some(
          ({ block, value }) => isSameBlock(block, field.passdb) && NAMES_PROTOCOL.test(value.text),
        )
      )
        continue;
      report({
        message: `The same port is used for ${listOf(protocols, 'and')}: only one of them can be right`,
        place: field.namePlace,
        help: "Leave the port out (each protocol has its own default), or return it for one protocol: CASE WHEN '%s' = 'imap' THEN port END.",
      });
    }
  },
});
