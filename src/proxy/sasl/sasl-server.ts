import type { ByteString } from '../../../grammar/bytes.js';

/** What a client gave to log in with. */
export interface SaslIdentity {
  readonly user: ByteString;
  /** SASL authorization id where it differs, else ''. */
  readonly authorizationId: ByteString;
  readonly password: ByteString;
}

export type SaslServerStep =
  | { readonly kind: 'challenge'; readonly data: ByteString }
  | { readonly kind: 'done'; readonly identity: SaslIdentity }
  /** The auth process logs `log` and answers as for a wrong password. */
  | { readonly kind: 'failed'; readonly log: ByteString };

/** One SASL exchange with a client, decoded data in and out. */
export interface SaslServer {
  /** null: the client sent no initial response. */
  start(initial: ByteString | null): SaslServerStep;
  next(response: ByteString): SaslServerStep;
}

/** RFC 4616; Dovecot auth/mech-plain.c */
class PlainServer implements SaslServer {
  start(initial: ByteString | null): SaslServerStep {
    return initial === null ? { kind: 'challenge', data: '' } : this.next(initial);
  }

  next(response: ByteString): SaslServerStep {
    const parts = response.split('\0');
    const [authorizationId = '', user = '', password = ''] = parts;
    if (parts.length !== 3) return { kind: 'failed', log: 'invalid input' };
    const identity = { user, authorizationId: authorizationId === user ? '' : authorizationId, password };
    return { kind: 'done', identity };
  }
}

/** Mechanisms that say everything at once are read here, others by the auth process. */
export function createSaslServer(mechanism: ByteString): SaslServer | null {
  return mechanism === 'PLAIN' ? new PlainServer() : null;
}

/** Base64 as the auth process takes it: whitespace counts for nothing; null where it is none. Dovecot lib/base64.c */
export function decodeBase64(text: ByteString): ByteString | null {
  const bare = text.replace(/[ \t\r\n]+/g, '');
  if (bare.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(bare)) return null;
  return Buffer.from(bare, 'base64').toString('latin1');
}

export function encodeBase64(data: ByteString): ByteString {
  return Buffer.from(data, 'latin1').toString('base64');
}
