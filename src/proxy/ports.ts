import { seriesOf } from '../knowledge/versions.js';
import type { Destination } from './destination.js';
import type { LoginContext } from './login-decision.js';

/** Port of a protocol with TLS from the start; null where Dovecot has none. Dovecot *-login-client.c default_ssl_port */
export function defaultTlsPort(protocol: Destination['protocol']): number | null {
  switch (protocol) {
    case 'imap':
      return 993;
    case 'pop3':
      return 995;
    case 'lmtp':
    case 'submission':
    case 'sieve':
      return null;
  }
}

/** Port of a protocol when no field says otherwise. Dovecot *-login-client.c default_port */
export function defaultPort(
  context: Pick<LoginContext, 'protocol' | 'localPort'> & Partial<Pick<LoginContext, 'version'>>,
): number {
  switch (context.protocol) {
    case 'imap':
      return 143;
    case 'pop3':
      return 110;
    case 'submission':
      return 587;
    case 'sieve':
      return 4190;
    case 'lmtp':
      // The port that the LMTP client connected to. Dovecot lmtp-proxy.c
      if (context.localPort !== 0) return context.localPort;
      return context.version !== undefined && seriesOf(context.version) === '2.3' ? 0 : 24;
  }
}
