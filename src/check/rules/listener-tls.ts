import { BOTH, defineRule } from '../rule.js';
import { placeOfValue } from '../value-text.js';

const IMPLICIT: Readonly<Record<number, string>> = { 993: 'imaps', 995: 'pop3s', 465: 'submissions' };
const PLAIN: Readonly<Record<number, string>> = {
  143: 'imap',
  110: 'pop3',
  587: 'submission',
  4190: 'sieve',
};

export const listenerTls = defineRule({
  code: 'DV611',
  name: 'listener-tls',
  severity: 'warning',
  title: 'A listener on a well-known port that speaks TLS where clients do not expect it, or the reverse',
  versions: BOTH,
  check({ config, report }) {
    for (const { port, protocol, ssl, haproxy, addresses, at } of config.effective.listeners()) {
      if (at === null || haproxy || config.effective.tlsServer({ protocol }).mode === 'no') continue;
      // Somebody else on this machine may have taken TLS off.
      if (addresses.length > 0 && addresses.every((address) => /^(?:127\.|::1$|localhost$)/.test(address)))
        continue;
      const implicit = IMPLICIT[port];
      const plain = PLAIN[port];
      if (implicit !== undefined && !ssl)
        report({
          message: `Clients begin with TLS on port ${port} (${implicit}), and this listener speaks plain text: nobody gets through`,
          place: placeOfValue(at),
          help: 'Write "ssl = yes" in the listener.',
        });
      if (plain !== undefined && ssl)
        report({
          message: `Clients begin in plain text on port ${port} (${plain}), and this listener wants TLS at once: nobody gets through`,
          place: placeOfValue(at),
          help: 'Remove "ssl = yes": STARTTLS is offered on this port, and the port for TLS is another one.',
        });
    }
  },
});
