import { defineRule } from '../rule.js';
import { settingsNamed, valuePlace } from '../statements.js';

/** Less than this and no process of Dovecot can even be loaded. */
const LEAST = 8 * 1024 * 1024;

// observed 2.3.19.1: doveconf accepts it, and then no service can start. 2.4 refuses it.
export const memoryLimitTooLow = defineRule({
  code: 'DV222',
  name: 'memory-limit-too-low',
  severity: 'error',
  title: 'A vsz_limit of a few bytes: the unit is missing, and no process can start',
  versions: ['2.3'],
  check({ config, report }) {
    for (const setting of settingsNamed(config, 'default_vsz_limit', 'vsz_limit')) {
      const { key, value } = setting.node;
      const match = /^(\d+)\s*([bkm]?)/i.exec(value.text);
      if (match === null) continue;
      const unit = { k: 1024, m: 1024 ** 2 }[(match[2] ?? '').toLowerCase()] ?? 1;
      const bytes = Number(match[1]) * unit;
      // 0 is no limit; 18446744073709551615 likewise.
      if (bytes === 0 || bytes >= LEAST || /g|t/i.test(value.text)) continue;
      report({
        message: `No process can start with ${value.text}${unit === 1 ? ' bytes' : ''} of memory`,
        place: valuePlace(setting),
        help: `Write the unit, for example "${key} = ${unit === 1 && bytes >= 64 ? bytes : 256} M".`,
      });
    }
  },
});
