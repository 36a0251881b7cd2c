import { fieldsNamed } from '../passdb-fields.js';
import { BOTH, defineRule } from '../rule.js';

const TIME =
  /^\d+$|^\d+ *(?:m|mi|min|mins|minu|minut|minute|minutes|ms|msec|msecs|s|se|sec|secs|second|seconds|h|hour|hours|d|day|days|w|week|weeks|millisecs|milliseconds|mseconds)$/i;

export const invalidProxyTimeout = defineRule({
  code: 'DV409',
  name: 'invalid-proxy-timeout',
  severity: 'warning',
  title: 'A proxy_timeout that is no time',
  versions: BOTH,
  check({ config, series, report }) {
    for (const field of fieldsNamed(config, 'proxy_timeout')) {
      for (const { text, place } of field.literals) {
        if (TIME.test(text)) continue;
        report({
          message:
            series === '2.3'
              ? `"${text}" is no time: login_proxy_timeout counts instead`
              : `"${text}" is no time: the login fails temporarily`,
          place,
          severity: series === '2.3' ? 'warning' : 'error',
          help: 'Write seconds as a plain number, or a time such as 1500ms or 1 min.',
          dovecot: {
            message: `${series === '2.3' ? 'BUG: ' : ''}Auth service returned invalid proxy_timeout value '${text}': Invalid time interval: ${text}`,
            stage: 'runtime',
          },
        });
      }
    }
  },
});
