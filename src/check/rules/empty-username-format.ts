import { allPassdbs, titleOf } from '../chains.js';
import { defineRule } from '../rule.js';
import { placeOfValue } from '../value-text.js';

// observed 2.4.1: the key of a passwd-file look-up is the expansion of auth_username_format.
export const emptyUsernameFormat = defineRule({
  code: 'DV317',
  name: 'empty-username-format',
  severity: 'error',
  title: 'An empty auth_username_format: passwd-file finds nobody in 2.4',
  versions: ['2.4'],
  check({ config, report }) {
    const written = config.effective.setting('auth_username_format');
    const passdb = allPassdbs(config).find((one) => one.driver === 'passwd-file');
    if (written === null || written.text !== '' || written.origin === null || passdb === undefined) return;
    report({
      message: `${titleOf(passdb)} finds nobody: it looks users up by auth_username_format, which is empty`,
      place: placeOfValue(written.origin),
      help: 'Write "auth_username_format = %{user}" to keep the case of names.',
    });
  },
});
