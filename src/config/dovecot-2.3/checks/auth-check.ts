import { DIGEST_BITS } from '../../hash-format.js';
import type { View } from '../view.js';
import { type Check, eachBlock, type Finding, finding, raw } from './check.js';

/** Dovecot 2.3.19.1 auth-settings.c. */
export const checkAuth: Check = (view) => {
  const found: Finding[] = [];
  const say = (setting: string, text: string) => found.push(finding(view, setting, text));
  if (view.number('auth_worker_max_count') === 0)
    say('auth_worker_max_count', 'auth_worker_max_count must be above zero');
  const cacheSize = view.size('auth_cache_size');
  if (cacheSize > 0 && cacheSize < 1024)
    say('auth_cache_size', `auth_cache_size value is too small (${cacheSize} bytes)`);
  const verbose = verbosePasswordsError(raw(view, 'auth_verbose_passwords'));
  if (verbose !== null) say('auth_verbose_passwords', `auth_verbose_passwords: ${verbose}`);
  if (raw(view, 'auth_policy_server_url') !== '') {
    const policy = policyError(view);
    if (policy !== null) say(policy.setting, policy.text);
  }
  found.push(...eachBlock(view, 'passdb', checkPassdb));
  found.push(...eachBlock(view, 'userdb', checkUserdb));
  return found;
};

function verbosePasswordsError(value: string): string | null {
  const colon = value.indexOf(':');
  const scheme = colon === -1 ? value : value.slice(0, colon);
  if (colon !== -1) {
    const digits = value.slice(colon + 1);
    if (!/^[0-9]+$/.test(digits) || BigInt(digits) === 0n || BigInt(digits) > 4294967295n)
      return `Invalid truncation number: '${digits}'`;
  }
  return ['no', 'plain', 'sha1', 'yes'].includes(scheme) ? null : 'Invalid value';
}

function policyError(view: View): { setting: string; text: string } | null {
  if (raw(view, 'auth_policy_hash_nonce') === '')
    return {
      setting: 'auth_policy_server_url',
      text: 'auth_policy_hash_nonce must be set when policy server is used',
    };
  const bits = DIGEST_BITS.get(raw(view, 'auth_policy_hash_mech'));
  if (bits === undefined)
    return { setting: 'auth_policy_hash_mech', text: 'invalid auth_policy_hash_mech given' };
  const truncate = view.number('auth_policy_hash_truncate');
  if (truncate > 0 && truncate >= bits)
    return {
      setting: 'auth_policy_hash_truncate',
      text: `policy_hash_truncate is not smaller than digest size (${truncate} >= ${bits})`,
    };
  return null;
}

const checkPassdb: Check = (view) => {
  if (raw(view, 'driver') !== '' && view.stored('pass') === null) return [];
  const found: Finding[] = [];
  if (raw(view, 'driver') === '') found.push(finding(view, 'driver', 'passdb is missing driver'));
  if (view.boolean('pass') && raw(view, 'result_success') !== 'return-ok')
    found.push(finding(view, 'pass', 'Obsolete pass=yes setting mixed with non-default result_success'));
  return found;
};

const checkUserdb: Check = (view) =>
  raw(view, 'driver') === '' ? [finding(view, 'driver', 'userdb is missing driver')] : [];
