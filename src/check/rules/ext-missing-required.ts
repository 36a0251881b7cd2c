import { asFinding, defineRule } from '../rule.js';

export const extMissingRequired = defineRule({
  code: 'DV805',
  name: 'ext-missing-required',
  severity: 'error',
  title: 'A database file without a key that it needs',
  versions: ['2.3'],
  problem(problem) {
    if (problem.kind !== 'ext-missing-required') return null;
    const said = problem.dovecot?.message ?? '';
    const key = /: (driver|connect) (?:string )?not set/.exec(said)?.[1];
    if (key === undefined) return asFinding(problem);
    return {
      ...asFinding(problem),
      message: `This file does not set ${key}`,
      help:
        key === 'driver'
          ? 'Write "driver = mysql" (or pgsql, sqlite).'
          : 'Write "connect = host=... dbname=... user=... password=..." (for sqlite the path of the file).',
    };
  },
});
