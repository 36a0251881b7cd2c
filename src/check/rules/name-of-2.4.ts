import { formerNameOf } from '../../knowledge/changes.js';
import { asFinding, defineRule } from '../rule.js';

const VERSION_LINES = new Set(['dovecot_config_version', 'dovecot_storage_version']);

export const nameOf24 = defineRule({
  code: 'DV702',
  name: 'name-of-2.4',
  severity: 'error',
  title: 'A setting of 2.4 in a 2.3 configuration',
  versions: ['2.3'],
  problem(problem) {
    const name = problem.subject?.name ?? '';
    if (problem.kind !== 'unknown-setting' && problem.kind !== 'unknown-section') return null;
    if (VERSION_LINES.has(name)) {
      return {
        ...asFinding(problem),
        message: `${name} is a setting of 2.4`,
        help: 'If this is a configuration for 2.4, make it the first setting or check with --dovecot 2.4; for 2.3 remove the line.',
      };
    }
    const former = formerNameOf(name);
    if (former === undefined) return null;
    return {
      ...asFinding(problem),
      message: `${name} is a setting of 2.4`,
      help: `In 2.3 this is ${former.startsWith('dovecot-') ? former.replace(/^.*:/, '') : former.replace('/', ' { ... } ')}.`,
    };
  },
});
