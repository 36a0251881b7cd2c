import { BOTH, defineProblemRule } from '../rule.js';

export const versionLine = defineProblemRule({
  code: 'DV214',
  name: 'version-line',
  severity: 'error',
  title: 'dovecot_config_version or dovecot_storage_version is missing, misplaced or wrong',
  versions: BOTH,
  kinds: ['version-line'],
  help: () =>
    'The first setting of a 2.4 configuration is dovecot_config_version = 2.4.0 or 2.4.1, before any include.',
});
