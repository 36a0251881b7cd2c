import { BOTH, defineRule } from '../rule.js';
import { keyPlace, valuePlace, type WrittenSetting, writtenSettings } from '../statements.js';

export const repeatedSetting = defineRule({
  code: 'DV220',
  name: 'repeated-setting',
  severity: 'warning',
  title: 'A setting given twice in the same block: the first value is lost',
  versions: BOTH,
  check({ config, report }) {
    const first = new Map<unknown, Map<string, WrittenSetting>>();
    for (const setting of writtenSettings(config)) {
      const { node, path, source } = setting;
      const scope = path.at(-1) ?? source;
      const seen = first.get(scope) ?? new Map<string, WrittenSetting>();
      first.set(scope, seen);
      const earlier = seen.get(node.key);
      seen.set(node.key, setting);
      if (earlier === undefined || earlier.node.value.text === node.value.text) continue;
      // `$name` takes the earlier value up; dovecot_config_version has its own message.
      if (node.value.form === 'variable' || node.key === 'dovecot_config_version') continue;
      report({
        message: `This value of ${node.key} replaces the one from line ${earlier.node.line}`,
        place: keyPlace(setting),
        related: [{ message: 'the value that is lost', place: valuePlace(earlier) }],
        help: 'Remove one of the two.',
      });
    }
  },
});
