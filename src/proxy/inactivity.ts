import type { ByteString } from '../../grammar/bytes.js';
import type { LoginClient } from './login-client.js';

/** Where a login stood when its time was over. */
export type InactivePhase = 'command' | 'authentication' | 'backend';

export interface Inactivity {
  /** For the client. */
  readonly notice: ByteString;
  /** For the log. */
  readonly reason: ByteString;
}

/** Dovecot client-common.c client_idle_disconnect_timeout */
export function inactivity(client: LoginClient, phase: InactivePhase, backendState: ByteString): Inactivity {
  switch (phase) {
    case 'backend': {
      const seconds = client.secondsSince(client.createdMs);
      const reason = `Logging in timed out (state=${backendState}, duration=${seconds}s)`;
      return { notice: 'Timeout while finishing login.', reason };
    }
    case 'authentication':
      return {
        notice: 'Disconnected for inactivity during authentication.',
        reason: 'Inactivity during authentication',
      };
    case 'command':
      return { notice: 'Disconnected for inactivity.', reason: 'Inactivity' };
  }
}
