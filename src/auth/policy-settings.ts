import type { ByteString } from '../../grammar/bytes.js';
import type { EffectiveConfig } from '../config/effective.js';
import { seriesOf } from '../knowledge/versions.js';

/** The policy server that the auth process asks before and after a login. Dovecot auth-settings.c */
export interface PolicySettings {
  readonly url: ByteString;
  /** `Name: value`, or the value of X-API-Key; '' = none. */
  readonly apiHeader: ByteString;
  readonly timeoutMs: number;
  /** Dovecot's name of a digest. */
  readonly hashMech: ByteString;
  readonly hashNonce: ByteString;
  /** Bits that are left of the digest; 0 = all. */
  readonly hashTruncate: number;
  /** Names, `/` between the parts of nested ones, and templates. */
  readonly attributes: readonly (readonly [name: ByteString, template: ByteString])[];
  readonly rejectOnFail: boolean;
  readonly checkBefore: boolean;
  readonly checkAfter: boolean;
  readonly reportAfter: boolean;
  /** Asked, and not obeyed. */
  readonly logOnly: boolean;
}

/** 2.4 auth_policy/http_client_request_absolute_timeout; Dovecot 2.4.1 auth-settings.c */
const TIMEOUT_24 = 2000;

/** What the configuration says of the policy server; null: none is asked. */
export function policySettings(effective: EffectiveConfig): PolicySettings | null {
  const text = (name: string): ByteString => effective.setting(`auth_policy_${name}`)?.text ?? '';
  const isOn = (name: string): boolean => text(name).toLowerCase() === 'yes';
  const url = text('server_url');
  if (url === '') return null;
  const is23 = seriesOf(effective.version) === '2.3';
  return {
    url,
    apiHeader: text('server_api_header'),
    timeoutMs: is23 ? Number(text('server_timeout_msecs')) : TIMEOUT_24,
    hashMech: text('hash_mech'),
    hashNonce: text('hash_nonce'),
    hashTruncate: Number(text('hash_truncate')),
    attributes: is23 ? pairs(text('request_attributes')) : listed(effective),
    rejectOnFail: isOn('reject_on_fail'),
    checkBefore: isOn('check_before_auth'),
    checkAfter: isOn('check_after_auth'),
    reportAfter: isOn('report_after_auth'),
    logOnly: isOn('log_only'),
  };
}

/** Dovecot 2.3.19.1 auth-policy.c: auth_policy_init splits at spaces and equals signs. */
function pairs(text: ByteString): [ByteString, ByteString][] {
  const words = text.split(/[= ]+/).filter((word) => word !== '');
  return words.flatMap((word, at): [ByteString, ByteString][] =>
    at % 2 === 0 ? [[word, words[at + 1] ?? '']] : [],
  );
}

function listed(effective: EffectiveConfig): [ByteString, ByteString][] {
  const list = effective.strings('auth_policy_request_attributes');
  return [...list].map(([name, { text }]): [ByteString, ByteString] => [name, text]);
}
