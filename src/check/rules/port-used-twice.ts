import type { ListenerSettings } from '../../config/effective.js';
import { BOTH, defineRule } from '../rule.js';
import { placeOfValue } from '../value-text.js';

export const portUsedTwice = defineRule({
  code: 'DV604',
  name: 'port-used-twice',
  severity: 'error',
  title: 'Two listeners with the same port',
  versions: BOTH,
  check({ config, report }) {
    const listeners = config.effective.listeners();
    listeners.forEach((listener, index) => {
      const first = listeners
        .slice(0, index)
        .find((one) => one.port === listener.port && meet(one, listener));
      const at = listener.at ?? first?.at ?? null;
      if (first === undefined || at === null) return;
      report({
        message: `Port ${listener.port} is taken twice: by ${first.service} (${first.name}) and by ${listener.service} (${listener.name})`,
        place: placeOfValue(at),
        related:
          first.at === null || listener.at === null
            ? []
            : [{ message: 'the other listener', place: placeOfValue(first.at) }],
        help: 'Give one of them another port, or 0 to switch it off.',
      });
    });
  },
});

function meet(a: ListenerSettings, b: ListenerSettings): boolean {
  return a.addresses.some((address) => b.addresses.includes(address));
}
