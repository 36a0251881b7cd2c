import { asFinding, BOTH, defineRule } from '../rule.js';
import { placeOfValue } from '../value-text.js';

export const failedCheck = defineRule({
  code: 'DV218',
  name: 'failed-check',
  severity: 'error',
  title: 'Settings that are right one by one and wrong together',
  versions: BOTH,
  problem(problem, { config }) {
    if (problem.kind !== 'failed-check') return null;
    const finding = asFinding(problem);
    // Dovecot names no line here, but often the setting.
    const name = /^([a-z]\w*)(?::| set,| value | can't )/.exec(problem.dovecot?.message ?? '')?.[1];
    const origin = name === undefined ? null : (config.effective.setting(name)?.origin ?? null);
    return finding.place === null && origin !== null ? { ...finding, place: placeOfValue(origin) } : finding;
  },
});
