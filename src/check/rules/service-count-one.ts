import { defineRule } from '../rule.js';
import { settingsNamed, valuePlace } from '../statements.js';

export const serviceCountOne = defineRule({
  code: 'DV605',
  name: 'service-count-one',
  severity: 'info',
  title: 'client_limit beside service_count = 1 in a login service',
  versions: ['2.3'],
  check({ config, report }) {
    for (const setting of settingsNamed(config, 'service_count')) {
      const { node, path } = setting;
      const section = path.at(-1);
      if (node.key !== 'service_count' || node.value.text !== '1' || section?.key !== 'service') continue;
      if (!/-login$/.test(section.name ?? '')) continue;
      const limit = settingsNamed(config, 'client_limit').find(
        (other) =>
          other.path.at(-1) === section &&
          other.node.key === 'client_limit' &&
          Number(other.node.value.text) > 1,
      );
      if (limit === undefined) continue;
      report({
        message: `client_limit = ${limit.node.value.text} is not used: with service_count = 1 each process serves one client and ends`,
        place: valuePlace(setting),
        related: [{ message: 'client_limit', place: valuePlace(limit) }],
        help: 'Write "service_count = 0" for a proxy with many clients, and keep process_min_avail near the number of cores.',
      });
    }
  },
});
