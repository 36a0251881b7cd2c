import type { ListenerSettings } from '../../config/effective.js';
import { BOTH, defineRule } from '../rule.js';
import { placeOfValue } from '../value-text.js';

export const portUsedTwice = defineRule({
  code: 'DV604',
  name: 'port-used-twice',
  severity: 'error',
  title: 'Two listeners with the same port',
  versions: BOTH,
  // doveconf says `duplicate listener: 143:ADDRESS` without a line.
  problem(problem, { config }) {
    const port = /^duplicate listener: (\d+):/.exec(problem.dovecot?.message ?? '')?.[1];
    if (problem.kind !== 'failed-check' || port === undefined) return null;
    const users = config.effective.listeners().filter((listener) => listener.port === Number(port));
    const [first, second] = pairOf(users);
    const written = [second, first].flatMap((listener) =>
      listener?.at == null ? [] : [placeOfValue(listener.at)],
    );
    const names = [first, second].flatMap((one) =>
      one === undefined ? [] : [`${one.service} (${one.name})`],
    );
    return {
      message: `Port ${port} is taken twice${names.length === 2 ? `: by ${names.join(' and by ')}` : ''}`,
      place: written[0] ?? null,
      related: written.slice(1).map((place) => ({ message: 'the other listener', place })),
      help: 'Give one of them another port, or 0 to switch it off.',
      dovecot: problem.dovecot,
    };
  },
});

/** The first two that share an address. */
function pairOf(users: readonly ListenerSettings[]): readonly ListenerSettings[] {
  for (const [index, second] of users.entries()) {
    const first = users
      .slice(0, index)
      .find((one) => one.addresses.some((a) => second.addresses.includes(a)));
    if (first !== undefined) return [first, second];
  }
  return users;
}
