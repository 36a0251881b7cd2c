import type { ByteString } from '../../../grammar/bytes.js';
import type { SessionEnvironment } from '../login-client.js';
import { encodeBase64 } from '../sasl/sasl-server.js';

const RANDOM_BYTES = 16;
const DIGEST_HEX = 32;

/** Dovecot names a connection to its auth process here; this proxy has one. */
const CONNECTION = 1;

/** What the greeting ends with. RFC 1939 7; Dovecot pop3-login/client.c get_apop_challenge */
export function apopChallenge(environment: SessionEnvironment): ByteString {
  const random = Buffer.from(environment.randomBytes(RANDOM_BYTES)).toString('latin1');
  const seconds = Math.floor(environment.now() / 1000);
  const numbers = [environment.pid, CONNECTION, seconds].map((number) => number.toString(16)).join('.');
  return `<${numbers}.${encodeBase64(random)}@${environment.hostname}>`;
}

type ApopResponse =
  | { readonly kind: 'refused'; readonly reason: ByteString }
  /** For the auth process: challenge, name and digest. */
  | { readonly kind: 'response'; readonly data: ByteString };

/** `name digest`, the digest in hexadecimal digits. */
export function apopResponse(challenge: ByteString, parameters: ByteString): ApopResponse {
  if (challenge === '') return { kind: 'refused', reason: 'APOP not enabled' };
  const space = parameters.indexOf(' ');
  const digits = parameters.slice(space + 1);
  if (space === -1 || digits.length !== DIGEST_HEX) return { kind: 'refused', reason: 'Invalid parameters' };
  if (!/^[0-9a-fA-F]*$/.test(digits))
    return { kind: 'refused', reason: 'Invalid characters in MD5 response' };
  const digest = Buffer.from(digits, 'hex').toString('latin1');
  return { kind: 'response', data: `${challenge}\0${parameters.slice(0, space)}\0${digest}` };
}
