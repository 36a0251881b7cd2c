import type { ByteString } from '../../../grammar/bytes.js';
import { digest } from '../../passwords/digests.js';
import { equalBytes } from '../../passwords/equality.js';
import { base64Of, hexOf, toByteString } from '../../variables/binary.js';
import { type DigestResponse, parseDigestResponse } from './digest-response.js';
import {
  failed,
  type Mechanism,
  type MechanismEnvironment,
  type MechanismStep,
  MISMATCH,
  type ProofStep,
} from './mechanism.js';

const NONCE_BYTES = 16;

function md5Hex(text: ByteString): ByteString {
  return hexOf(digest('md5', text));
}

/** RFC 2831, quality of protection `auth` alone. Dovecot mech-digest-md5.c */
export class DigestMd5Mechanism implements Mechanism {
  readonly takesNul = false;
  readonly #nonce: ByteString;
  readonly #realms: readonly ByteString[];
  #response: DigestResponse | null = null;

  constructor({ realms, system }: MechanismEnvironment) {
    this.#realms = realms;
    this.#nonce = base64Of(toByteString(system.randomBytes(NONCE_BYTES)), { url: false, pad: true });
  }

  /** An initial response is not looked at. */
  start(): MechanismStep {
    // Without any, some clients take the server's name.
    const realms = this.#realms.length === 0 ? [''] : this.#realms;
    const shown = realms.map((realm) => `realm="${realm}",`).join('');
    const data = `${shown}nonce="${this.#nonce}",qop="auth",charset="utf-8",algorithm="md5-sess"`;
    return { kind: 'challenge', data };
  }

  next(response: ByteString): MechanismStep {
    const parsed = parseDigestResponse(response, this.#nonce);
    if (parsed.kind === 'mistake') return failed(parsed.text);
    this.#response = parsed;
    const { username, realm, authzid } = parsed;
    const hasDomain = username.includes('@');
    return {
      kind: 'credentials',
      identity: {
        user: realm === null || hasDomain ? username : `${username}@${realm}`,
        authorizationId: authzid,
        // The name's own domain is not the realm then.
        ...(hasDomain ? { digestRealm: realm ?? '' } : {}),
      },
      scheme: 'DIGEST-MD5',
    };
  }

  credentials(raw: ByteString): ProofStep {
    const response = this.#response;
    if (response === null || raw.length !== 16)
      return { kind: 'refuted', log: { level: 'error', text: 'invalid credentials length' } };
    const { authzid, cnonce, digestUri } = response;
    const a1 = md5Hex(`${raw}:${this.#nonce}:${cnonce}${authzid === null ? '' : `:${authzid}`}`);
    const middle = `${this.#nonce}:${response.nonceCount}:${cnonce}:${response.qop}`;
    const keyed = (a2: ByteString): ByteString => md5Hex(`${a1}:${middle}:${md5Hex(a2)}`);
    if (!equalBytes(keyed(`AUTHENTICATE:${digestUri}`), response.response)) return MISMATCH;
    return { kind: 'proved', data: `rspauth=${keyed(`:${digestUri}`)}` };
  }
}
