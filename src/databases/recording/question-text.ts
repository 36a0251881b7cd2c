import type { ByteString } from '../../../grammar/bytes.js';
import type { LookupContext, PassdbDriver } from '../../auth/driver.js';

/** Drivers that say the same whatever the password is: Dovecot compares it. */
const WITHOUT_PASSWORD = new Set(['sql', 'passwd-file', 'passwd', 'shadow', 'dict']);

/** What tells one question to a database from another: its query or filter filled in; null: the user's name does. */
export function questionText(driver: PassdbDriver, context: LookupContext): ByteString | null {
  if (driver.name === 'oauth2') return null;
  const templates = driver.cacheKeyTemplates ?? [];
  if (templates.length === 0) return null;
  const texts = templates.map((template) => context.expand(template));
  const text = texts.map((each) => (each.kind === 'error' ? '' : each.text)).join('\n');
  const { password } = context.request;
  // A password in it is compared apart.
  return namesPassword(templates) && password !== null && password !== ''
    ? text.replaceAll(password, '***')
    : text;
}

export function dependsOnPassword(driver: PassdbDriver): boolean {
  return !WITHOUT_PASSWORD.has(driver.name) || namesPassword(driver.cacheKeyTemplates ?? []);
}

/** 2.3 `%w`, 2.4 `%{password}`. */
function namesPassword(templates: readonly ByteString[]): boolean {
  return templates.some((template) => /%[A-Z]*w|%\{\s*password\b/.test(template));
}
