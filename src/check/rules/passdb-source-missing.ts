import { nameTable } from '../../../grammar/name-table.js';
import type { Config } from '../../config/config.js';
import type { PassdbBlock } from '../../config/effective.js';
import type { DovecotStage } from '../../config/problem.js';
import { allPassdbs, headOf, titleOf } from '../chains.js';
import { BOTH, defineRule } from '../rule.js';

const ARGS_23: Readonly<Record<string, string>> = nameTable({
  'passwd-file': 'auth: Fatal: passdb passwd-file: Missing args',
  sql: 'auth: Fatal: sql: Configuration file path not given',
  ldap: 'auth: Fatal: LDAP: Configuration file path not given',
  dict: 'auth: Fatal: dict: Configuration file path not given',
});

export const passdbSourceMissing = defineRule({
  code: 'DV321',
  name: 'passdb-source-missing',
  severity: 'error',
  title: 'A passdb that does not say where its users are',
  versions: BOTH,
  check({ config, series, report }) {
    // Old args in a 2.4 file are reported as such; what is missing follows from them.
    if (config.problems.some(({ subject }) => subject?.name === 'args')) return;
    for (const passdb of allPassdbs(config)) {
      const missing = series === '2.3' ? missing23(passdb) : missing24(passdb, config);
      if (missing === null) continue;
      report({
        message: `${titleOf(passdb)} does not say where its users are: ${missing.what}`,
        place: headOf(passdb),
        help: missing.help,
        dovecot: missing.dovecot,
      });
    }
  },
});

interface Missing {
  readonly what: string;
  readonly help: string;
  readonly dovecot: { readonly message: string; readonly stage: DovecotStage };
}

function missing23(passdb: PassdbBlock): Missing | null {
  const message = ARGS_23[passdb.driver];
  if (message === undefined || passdb.args.text !== '') return null;
  return {
    what: 'args is empty',
    help: 'Write "args = /etc/dovecot/..." with the file of this passdb.',
    dovecot: { message, stage: 'auth-start' },
  };
}

function missing24(passdb: PassdbBlock, config: Config): Missing | null {
  const isUnset = (name: string) =>
    (passdb.setting(name)?.text ?? config.effective.setting(name)?.text ?? '') === '';
  if (passdb.driver === 'sql' && isUnset('sql_driver')) {
    return {
      what: 'sql_driver is not set',
      help: 'Write "sql_driver = mysql" (or pgsql, sqlite) and the section of the database.',
      dovecot: {
        message: `auth: Fatal: passdb ${passdb.name}: sql_driver setting is empty`,
        stage: 'auth-start',
      },
    };
  }
  if (passdb.driver === 'ldap' && isUnset('ldap_uris')) {
    return {
      what: 'ldap_uris is not set',
      help: 'Write "ldap_uris = ldap://host".',
      dovecot: { message: 'auth: Fatal: : ldap_uris not set', stage: 'auth-start' },
    };
  }
  if (passdb.driver === 'passwd-file' && isUnset('passwd_file_path')) {
    return {
      what: 'passwd_file_path is not set, so every user is unknown',
      help: 'Write "passwd_file_path = /etc/dovecot/users".',
      dovecot: { message: 'missing passwd file: ', stage: 'runtime' },
    };
  }
  return null;
}
