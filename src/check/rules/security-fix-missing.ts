import type { Place } from '../../../grammar/source.js';
import type { PassdbBlock, UserdbBlock } from '../../config/effective.js';
import { type AffectedFeature, lacksFix, SECURITY_FIXES } from '../../knowledge/security-fixes.js';
import { allPassdbs, allUserdbs, headOf } from '../chains.js';
import { BOTH, defineRule, type RuleContext } from '../rule.js';
import { placeIn, placeOfValue } from '../value-text.js';
import { valuesWithVariables } from '../variable-values.js';

export const securityFixMissing = defineRule({
  code: 'DV717',
  name: 'security-fix-missing',
  severity: 'info',
  title: 'A flaw of this Dovecot version that this configuration is open to',
  versions: BOTH,
  check(context) {
    for (const fix of SECURITY_FIXES) {
      if (!lacksFix(context.version, fix)) continue;
      const place = FINDERS[fix.feature]?.(context) ?? null;
      if (place === null) continue;
      context.report({
        message: `${fix.cve}, fixed in ${fix.fixedIn}: ${fix.effect}`,
        place,
        help: `Update Dovecot (distributions also put the fix into older versions). ${fix.workaround}`.trim(),
      });
    }
  },
});

/**
 * Where a configuration uses what a flaw is in. Flaws of every server have no place: the page lists them. Passdbs with
 * the same driver and args are a finding of their own (DV318).
 */
const FINDERS: Partial<Record<AffectedFeature, (context: RuleContext) => Place | null>> = {
  'cached-system-users': ({ config }) => {
    if (config.effective.auth().cacheSize === 0) return null;
    return firstOf(
      config,
      (block) =>
        block.useCache &&
        (block.kind === 'passdb' ? /^(?:passwd|oauth2|bsdauth)$/ : /^passwd$/).test(block.driver),
    );
  },
  'cached-otp': ({ config }) => {
    const { cacheSize, mechanisms } = config.effective.auth();
    return cacheSize > 0 && mechanisms.some((name) => name.toLowerCase() === 'otp')
      ? writtenValue(config, 'auth_mechanisms')
      : null;
  },
  'sql-any-name': (context) => anyName(context, 'sql'),
  'ldap-any-name': (context) => anyName(context, 'ldap'),
  'scram-plus': ({ config }) =>
    config.effective.auth().mechanisms.some((name) => name.toLowerCase().endsWith('-plus'))
      ? writtenValue(config, 'auth_mechanisms')
      : null,
  'doveadm-password': ({ config }) => writtenValue(config, 'doveadm_password'),
  'safe-filter': ({ config }) => {
    const found = valuesWithVariables(config).find(({ value }) =>
      /%\{[^}]*\|\s*safe\s*\}.*%\{/s.test(value.text),
    );
    const at = found?.value.text.search(/%\{[^}]*\|\s*safe\s*\}/) ?? -1;
    return found === undefined || at < 0
      ? null
      : placeIn(found.value, { start: at, end: found.value.text.indexOf('}', at) + 1 });
  },
  'acl-sharing': ({ config }) => {
    const written = config.effective.setting('mail_plugins', { protocol: 'imap' }) ?? null;
    return written?.origin != null && /\bimap_acl\b/.test(written.text) ? placeOfValue(written.origin) : null;
  },
};

function anyName({ config }: RuleContext, driver: string): Place | null {
  if (config.effective.auth().usernameChars !== '') return null;
  return firstOf(config, (block) => block.driver === driver) === null
    ? null
    : writtenValue(config, 'auth_username_chars');
}

function writtenValue(config: RuleContext['config'], name: string): Place | null {
  const written = config.effective.setting(name);
  return written?.origin == null ? null : placeOfValue(written.origin);
}

function firstOf(
  config: RuleContext['config'],
  is: (block: PassdbBlock | UserdbBlock) => boolean,
): Place | null {
  const block = [...allPassdbs(config), ...allUserdbs(config)].find(is);
  return block === undefined ? null : headOf(block);
}
