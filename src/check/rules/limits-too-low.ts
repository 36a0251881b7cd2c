import type { Place } from '../../../grammar/source.js';
import type { Config } from '../../config/config.js';
import { asFinding, BOTH, defineRule } from '../rule.js';
import { sectionsNamed, valueInSection } from '../statements.js';

// Dovecot 2.3.19.1 and 2.4.1 master-settings.c: service_get_client_limit against the sum of the process limits
const LOAD =
  /service (?:auth|anvil) \{ client_limit=(\d+) \} is lower than required under max\. load \((\d+)\)/;

export const limitsTooLow = defineRule({
  code: 'DV607',
  name: 'limits-too-low',
  severity: 'warning',
  title: 'More login processes than the auth process takes connections',
  versions: BOTH,
  problem(problem, { config }) {
    const match = LOAD.exec(problem.dovecot?.message ?? '');
    if (problem.kind !== 'failed-check' || match === null) return null;
    const finding = asFinding(problem);
    const name = match[0].startsWith('service anvil') ? 'anvil' : 'auth';
    const [, limit = '', needed = ''] = match;
    return {
      ...finding,
      message: `${needed} processes may want a connection to the ${name} process, and it takes ${limit}: logins hang under load`,
      place: placeOf(problem.dovecot?.message ?? '', name, config),
      help: `Write "service ${name} { client_limit = ${needed} }" or more, or lower the process limits.`,
    };
  },
});

/** The limit itself where it is written, else the largest of the limits that were counted. */
function placeOf(message: string, name: string, config: Config): Place | null {
  const own = limitOf(config, name, 'client_limit');
  if (own !== null) return own;
  const counted = [...message.matchAll(/service ([\w-]+) \{ process_limit=(\d+) \}/g)]
    .map(([, service = '', limit = '']) => ({ service, limit: Number(limit) }))
    .sort((a, b) => b.limit - a.limit);
  for (const { service } of counted) {
    const place = limitOf(config, service, 'process_limit');
    if (place !== null) return place;
  }
  const origin = config.effective.setting('default_process_limit')?.origin ?? null;
  return origin;
}

function limitOf(config: Config, service: string, key: string): Place | null {
  for (const { source, node } of [...sectionsNamed(config, 'service')].reverse()) {
    if (node.name !== service) continue;
    const place = valueInSection(config, { source, span: node.span }, key);
    if (place !== null) return place;
  }
  return null;
}
