import { createHash } from 'node:crypto';
import type { ByteString } from '../../grammar/bytes.js';
import { digest } from '../passwords/digests.js';
import { expandText } from '../variables/expand.js';
import type { PassdbResult } from './answer.js';
import type { PolicySettings } from './policy-settings.js';
import { requestScope } from './request-scope.js';
import type { WalkState } from './walk-state.js';

/** How a login ended, as a report tells it. */
export interface PolicyOutcome {
  readonly success: boolean;
  readonly result: PassdbResult | null;
}

/** Dovecot's words for why a login failed (2.4). auth-policy.c: auth_policy_fail_type */
const FAIL_TYPES: Readonly<Record<PassdbResult, ByteString>> = {
  ok: '',
  next: '',
  scheme_not_available: 'internal',
  internal_failure: 'internal',
  password_mismatch: 'credentials',
  pass_expired: 'expired',
  user_disabled: 'disabled',
  user_unknown: 'account',
};

/**
 * The JSON that the policy server gets about a request as it stands; `outcome` null: before the login is over.
 * Dovecot 2.3.19.1 and 2.4.1 auth-policy.c: auth_policy_create_json
 */
export function policyRequest(
  state: WalkState,
  settings: PolicySettings,
  outcome: PolicyOutcome | null,
): { readonly body: ByteString; readonly problem: ByteString | null } {
  const requested = state.loginUser ?? state.user ?? '';
  const refused = state.policyRefused;
  // Where no passdb was asked a mismatch is what nobody has changed. observed 2.4.1
  const failType = refused
    ? 'policy'
    : outcome === null
      ? ''
      : FAIL_TYPES[outcome.result ?? 'password_mismatch'];
  const names: [ByteString, ByteString][] = [
    ['hashed_password', hashedPassword(state, settings, requested)],
    ['requested_username', requested],
  ];
  if (state.series === '2.4') names.push(['fail_type', failType]);
  const scope = requestScope(state, undefined, undefined, new Map(names));
  let problem: ByteString | null = null;
  const object = new JsonText();
  let before = '';
  const sorted = [...settings.attributes].sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0));
  for (const [key, template] of sorted) {
    object.move(before, key);
    const expansion = expandText(state.series, template, scope, escaped);
    if (expansion.kind === 'error') problem = expansion.message;
    // What stands behind the first slash is the name. Dovecot auth-policy.c: auth_policy_init
    object.write(key.slice(key.indexOf('/') + 1), `"${expansion.kind === 'ok' ? expansion.text : ''}"`);
    before = key;
  }
  object.move(before, '');
  if (outcome !== null) {
    object.write('success', String(outcome.success));
    object.write('policy_reject', String(refused));
  }
  object.write('tls', String(state.request.secured === 'TLS'));
  return { body: `{${object.text}}`, problem };
}

/** Digest of nonce, name, NUL and password, cut to so many bits. */
function hashedPassword(state: WalkState, settings: PolicySettings, user: ByteString): ByteString {
  const { hashMech, hashNonce, hashTruncate } = settings;
  const password = state.request.mode === 'verify' ? (state.request.password ?? '') : '';
  const bytes = Buffer.from(digestOf(hashMech, `${hashNonce}${user}\0${password}`), 'latin1');
  if (hashTruncate === 0 || bytes.length * 8 < hashTruncate) return bytes.toString('hex');
  // Dovecot lib/buffer.c: buffer_truncate_rshift_bits
  const cut = bytes.subarray(0, Math.ceil(hashTruncate / 8));
  const odd = hashTruncate % 8;
  if (odd > 0)
    for (let at = cut.length - 1; at >= 0; at -= 1)
      cut[at] = ((cut[at] ?? 0) >> (8 - odd)) | (at === 0 ? 0 : ((cut[at - 1] ?? 0) << odd) & 0xff);
  return cut.toString('hex');
}

/** Dovecot lib/hash-method.c */
function digestOf(name: ByteString, data: ByteString): ByteString {
  switch (name) {
    case 'md4':
    case 'md5':
    case 'sha1':
    case 'sha256':
    case 'sha512':
      return digest(name, data);
    case 'size': {
      const size = Buffer.alloc(8);
      size.writeBigUInt64BE(BigInt(data.length));
      return size.toString('latin1');
    }
    default:
      return createHash(name).update(data, 'latin1').digest().toString('latin1');
  }
}

/** JSON's own escapes, for bytes that are UTF-8 or not. Dovecot lib-json: json_append_escaped */
function escaped(value: ByteString): ByteString {
  return value.replace(/["\\\x00-\x1f]/g, (byte) => {
    const short = SHORT[byte];
    return short ?? `\\u${byte.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

const SHORT: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

/** The members of an object, those of nested ones in theirs. */
class JsonText {
  text = '';
  #first = true;

  write(name: ByteString, value: ByteString): void {
    this.#comma();
    this.text += `"${escaped(name)}":${value}`;
  }

  /** From one name to the next: closes and opens what stands before the slashes. auth_policy_open_and_close_to_key */
  move(from: ByteString, to: ByteString): void {
    const old = from.split('/').slice(0, -1);
    const now = to.split('/').slice(0, -1);
    let same = 0;
    while (same < old.length && same < now.length && old[same] === now[same]) same += 1;
    for (let level = old.length; level > same; level -= 1) {
      this.text += '}';
      this.#first = false;
    }
    for (const part of now.slice(same)) {
      this.#comma();
      this.text += `"${escaped(part)}":{`;
      this.#first = true;
    }
  }

  #comma(): void {
    if (!this.#first) this.text += ',';
    this.#first = false;
  }
}
