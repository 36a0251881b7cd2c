import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';

// Clients of challenge-response mechanisms, as the RFCs have them: what they answer to a challenge.

/** RFC 2195 */
export function cramMd5(user: string, password: string): (challenge: string) => string {
  return (challenge) =>
    `${user} ${createHmac('md5', Buffer.from(password, 'latin1')).update(challenge, 'latin1').digest('hex')}`;
}

const md5 = (text: string): Buffer => createHash('md5').update(text, 'latin1').digest();

export interface DigestClient {
  readonly user: string;
  readonly password: string;
  readonly realm?: string;
  readonly authzid?: string;
  readonly cnonce?: string;
  readonly uri?: string;
  /** Put behind the directives. */
  readonly more?: string;
}

/** RFC 2831 section 2.1.2 */
export function digestMd5(client: DigestClient): (challenge: string) => string {
  return (challenge) => {
    const nonce = /nonce="([^"]*)"/.exec(challenge)?.[1] ?? '';
    const { user, password, realm = '', authzid, cnonce = 'OA6MHXh6VqTrRk', uri = 'imap/localhost' } = client;
    const secret = md5(`${user}:${realm}:${password}`).toString('latin1');
    const a1 = md5(`${secret}:${nonce}:${cnonce}${authzid === undefined ? '' : `:${authzid}`}`).toString(
      'hex',
    );
    const a2 = md5(`AUTHENTICATE:${uri}`).toString('hex');
    const response = md5(`${a1}:${nonce}:00000001:${cnonce}:auth:${a2}`).toString('hex');
    return (
      `charset=utf-8,username="${user}",${realm === '' ? '' : `realm="${realm}",`}nonce="${nonce}",nc=00000001,` +
      `cnonce="${cnonce}",digest-uri="${uri}",response=${response},qop=auth` +
      (authzid === undefined ? '' : `,authzid="${authzid}"`) +
      (client.more ?? '')
    );
  };
}

/** RFC 5802: the client's first and final messages. */
export function scram(
  hash: 'sha1' | 'sha256',
  name: string,
  password: string,
  { nonce = 'rOprNGfwEbeRWgbNEkqO', header = 'n,,' } = {},
): { readonly first: string; readonly final: (challenge: string) => string } {
  const bare = `n=${name},r=${nonce}`;
  return {
    first: header + bare,
    final: (challenge) => {
      const [, whole = '', salt = '', count = '1'] = /^r=(.*),s=(.*),i=(\d+)$/.exec(challenge) ?? [];
      const hmac = (key: Buffer, text: string) => createHmac(hash, key).update(text, 'latin1').digest();
      const size = hash === 'sha1' ? 20 : 32;
      const salted = pbkdf2Sync(
        Buffer.from(password, 'latin1'),
        Buffer.from(salt, 'base64'),
        Number(count),
        size,
        hash,
      );
      const clientKey = hmac(salted, 'Client Key');
      const storedKey = createHash(hash).update(clientKey).digest();
      const withoutProof = `c=${Buffer.from(header, 'latin1').toString('base64')},r=${whole}`;
      const signature = hmac(storedKey, `${bare},${challenge},${withoutProof}`);
      const proof = Buffer.from(clientKey.map((byte, at) => byte ^ (signature[at] ?? 0)));
      return `${withoutProof},p=${proof.toString('base64')}`;
    },
  };
}
