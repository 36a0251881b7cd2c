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
  const parts = texts.map((text) => (text.kind === 'error' ? '' : text.text));
  const text = parts.join('\n');
  const { password } = context.request;
  // A password in it (2.3 %w) is compared apart.
  return password === null || password === '' ? text : text.replaceAll(password, '***');
}

export function dependsOnPassword(driver: PassdbDriver, context: LookupContext): boolean {
  if (!WITHOUT_PASSWORD.has(driver.name)) return true;
  return (driver.cacheKeyTemplates ?? []).some((template) => /%(?:\{password|w)/.test(template)) && context.request.password !== null;
}
