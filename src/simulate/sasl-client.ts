import { createHash, createHmac } from 'node:crypto';
import type { ByteString } from '../../grammar/bytes.js';
import { cramMd5Context, digest, hmacMd5Hex } from '../passwords/digests.js';
import { scramKeys } from '../passwords/scram.js';
import { base64Of, bytesOfBase64, toBytes } from '../variables/binary.js';

/** The client's side of one exchange. */
export interface SaslClient {
  readonly initial: ByteString | null;
  answer(challenge: ByteString): ByteString | Promise<ByteString>;
}

export interface SaslLogin {
  readonly user: ByteString;
  readonly password: ByteString;
  /** Whom it wants to log in as; '' = nobody else. */
  readonly authorizationId: ByteString;
  readonly randomBytes: (count: number) => Uint8Array;
}

/** The challenge that a POP3 server would have sent in its greeting. */
const APOP_CHALLENGE = '<1.1@localhost>';

const base64 = (bytes: ByteString): ByteString => base64Of(bytes, { url: false, pad: true });

/** A client that knows its password; null where there is none for the mechanism. `name` in upper case. */
export function saslClient(name: ByteString, login: SaslLogin): SaslClient | null {
  const { user, password, authorizationId } = login;
  switch (name) {
    case 'CRAM-MD5':
      return {
        initial: null,
        answer: (challenge) => `${user} ${hmacMd5Hex(cramMd5Context(password), challenge)}`,
      };
    case 'DIGEST-MD5':
      return { initial: null, answer: (challenge) => digestResponse(login, challenge) };
    case 'SCRAM-SHA-1':
      return scramClient('sha1', login);
    case 'SCRAM-SHA-256':
      return scramClient('sha256', login);
    case 'APOP':
      return {
        initial: `${APOP_CHALLENGE}\0${user}\0${digest('md5', APOP_CHALLENGE + password)}`,
        answer: () => '',
      };
    case 'XOAUTH2':
      return { initial: `user=${user}\x01auth=Bearer ${password}\x01\x01`, answer: () => '' };
    case 'OAUTHBEARER':
      return { initial: `n,a=${escapeName(user)},\x01auth=Bearer ${password}\x01\x01`, answer: () => '' };
    case 'EXTERNAL':
      return { initial: authorizationId, answer: () => '' };
    case 'ANONYMOUS':
      return { initial: user, answer: () => '' };
    default:
      return null;
  }
}

/** RFC 5801 section 4 */
function escapeName(name: ByteString): ByteString {
  return name.replaceAll('=', '=3D').replaceAll(',', '=2C');
}

function nonceOf(login: SaslLogin): ByteString {
  return base64(Buffer.from(login.randomBytes(18)).toString('latin1'));
}

/** RFC 2831 section 2.1.2; what stands behind the last `@` is the realm, as in a stored DIGEST-MD5. */
function digestResponse(login: SaslLogin, challenge: ByteString): ByteString {
  const { user, password, authorizationId } = login;
  const nonce = /nonce="([^"]*)"/.exec(challenge)?.[1] ?? '';
  const at = user.lastIndexOf('@');
  const [name, realm] = at === -1 ? [user, ''] : [user.slice(0, at), user.slice(at + 1)];
  const cnonce = nonceOf(login);
  const uri = 'imap/localhost';
  const hex = (text: ByteString) => Buffer.from(digest('md5', text), 'latin1').toString('hex');
  const authzid = authorizationId === '' ? '' : `:${authorizationId}`;
  const a1 = hex(`${digest('md5', `${name}:${realm}:${password}`)}:${nonce}:${cnonce}${authzid}`);
  const response = hex(`${a1}:${nonce}:00000001:${cnonce}:auth:${hex(`AUTHENTICATE:${uri}`)}`);
  const quoted = (text: ByteString) => `"${text.replace(/["\\]/g, '\\$&')}"`;
  return [
    'charset=utf-8',
    `username=${quoted(name)}`,
    ...(realm === '' ? [] : [`realm=${quoted(realm)}`]),
    `nonce="${nonce}",nc=00000001,cnonce="${cnonce}",digest-uri="${uri}",response=${response},qop=auth`,
    ...(authorizationId === '' ? [] : [`authzid=${quoted(authorizationId)}`]),
  ].join(',');
}

/** RFC 5802 section 3, without channel binding. */
function scramClient(algorithm: 'sha1' | 'sha256', login: SaslLogin): SaslClient {
  const { user, password, authorizationId } = login;
  const header = authorizationId === '' ? 'n,,' : `n,a=${escapeName(authorizationId)},`;
  const bare = `n=${escapeName(user)},r=${nonceOf(login)}`;
  return {
    initial: header + bare,
    async answer(challenge) {
      const [, whole = '', salt = '', count = '1'] = /^r=(.*),s=(.*),i=(\d+)$/s.exec(challenge) ?? [];
      const saltBytes = bytesOfBase64(salt, false).bytes;
      const { clientKey } = await scramKeys(algorithm, password, saltBytes, Number(count));
      const storedKey = createHash(algorithm).update(toBytes(clientKey)).digest();
      const withoutProof = `c=${base64(header)},r=${whole}`;
      const message = `${bare},${challenge},${withoutProof}`;
      const signature = createHmac(algorithm, storedKey).update(toBytes(message)).digest();
      const proof = toBytes(clientKey).map((byte, at) => byte ^ (signature[at] ?? 0));
      return `${withoutProof},p=${base64(Buffer.from(proof).toString('latin1'))}`;
    },
  };
}
