import { similarNames } from '../../config/similar-names.js';
import { extFileUses } from '../ext-files.js';
import { defineRule } from '../rule.js';
import { placeIn, valueText } from '../value-text.js';

// Dovecot 2.3.19.1 driver-sqlpool.c, driver-mysql.c
const MYSQL = (
  'host hostaddr port dbname user password maxconns client_flags connect_timeout read_timeout write_timeout ' +
  'ssl_cert ssl_key ssl_ca ssl_ca_path ssl_cipher ssl_verify_server_cert option_file option_group'
).split(' ');
// PostgreSQL 15, libpq: parameter key words
const PGSQL = (
  'host hostaddr port dbname user password passfile channel_binding connect_timeout client_encoding options ' +
  'application_name fallback_application_name keepalives keepalives_idle keepalives_interval keepalives_count ' +
  'tcp_user_timeout replication gssencmode sslmode requiressl sslcompression sslcert sslkey sslpassword ' +
  'sslrootcert sslcrl sslcrldir sslsni requirepeer ssl_min_protocol_version ssl_max_protocol_version krbsrvname ' +
  'gsslib service target_session_attrs load_balance_hosts require_auth sslcertmode maxconns'
).split(' ');

export const connectString = defineRule({
  code: 'DV825',
  name: 'connect-string',
  severity: 'error',
  title: 'A connect string with a word that the database driver does not take',
  versions: ['2.3'],
  check({ config, report }) {
    for (const { ext } of extFileUses(config)) {
      const origin = ext.values.get('connect')?.origin ?? null;
      const driver = ext.get('driver');
      if (origin === null || (driver !== 'mysql' && driver !== 'pgsql')) continue;
      const known = driver === 'mysql' ? MYSQL : PGSQL;
      const value = valueText(origin);
      // libpq takes quotes and blanks around "=".
      const words = driver === 'mysql' ? /[^ ]+/g : /(?:[^\s='"]+\s*=\s*(?:'(?:[^'\\]|\\.)*'|[^\s']*)|\S+)/g;
      for (const match of value.text.matchAll(words)) {
        const [word] = match;
        const equals = word.indexOf('=');
        const name = (equals === -1 ? word : word.slice(0, equals)).trim();
        // The value is not shown: it may be the password.
        if (equals > 0 && known.includes(name)) continue;
        const start = match.index;
        const end = start + Math.max(equals === -1 ? word.length : equals, 1);
        const bare = equals === -1 && driver === 'mysql';
        const [meant] = name === 'db' || name === 'database' ? ['dbname'] : similarNames(name, known, 1);
        report({
          message:
            equals > 0
              ? `${driver === 'mysql' ? 'mysql' : 'libpq'} knows no ${name} in a connect string: ${driver === 'mysql' ? 'the auth process does not start' : 'no look-up works'}`
              : 'A connect string is made of words name=value: here is a word without its name or its value',
          place: placeIn(value, { start, end }),
          help:
            equals <= 0
              ? 'Write "host=... dbname=... user=... password=..." without blanks around "=".'
              : meant === undefined
                ? `Known are ${known.slice(0, 6).join(', ')} and others.`
                : `Did you mean ${meant}?`,
          dovecot:
            driver === 'pgsql'
              ? null
              : {
                  message: bare
                    ? 'auth: Fatal: sqlpool: Missing value in connect string'
                    : `auth: Fatal: sqlpool: Unknown connect string: ${name}`,
                  stage: 'auth-start',
                },
        });
        // Dovecot stops at the first one, and the rest follows from it.
        break;
      }
    }
  },
});
