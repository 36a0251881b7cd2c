import { inProxyQuery } from './grafts.js';
import {
  appended,
  BOTH,
  extTexts,
  type Mutation,
  ONLY_23,
  ONLY_24,
  replacedMatch,
  settingOf,
  settingsOf,
  withValue,
} from './mutation.js';

/** Mistakes of the proxy's query and of database files. */
export const PROXY_MUTATIONS: readonly Mutation[] = [
  {
    name: "'no' in the ELSE of a TLS column",
    series: BOTH,
    codes: ['DV401'],
    apply: (set) => inProxyQuery(set, /THEN 'yes' END/, () => "THEN 'yes' ELSE 'no' END"),
  },
  {
    name: "'N' AS proxy",
    series: BOTH,
    codes: ['DV401'],
    apply: (set) => inProxyQuery(set, /'Y' AS proxy/, () => "'N' AS proxy"),
  },
  {
    name: 'a misspelt column alias',
    series: BOTH,
    codes: ['DV410'],
    apply: (set) => inProxyQuery(set, /destuser/, () => 'login AS dest_user'),
  },
  {
    name: 'a field in capital letters',
    series: BOTH,
    codes: ['DV410'],
    apply: (set) => inProxyQuery(set, /'Y' AS nopassword/, () => "'Y' AS NoPassword"),
  },
  {
    name: 'ssl beside starttls',
    series: BOTH,
    codes: ['DV402'],
    apply: (set) => inProxyQuery(set, / destuser,/, () => " destuser, 'yes' AS `ssl`,"),
  },
  {
    name: 'any_cert in the place of any-cert',
    series: BOTH,
    codes: ['DV405'],
    apply: (set) => inProxyQuery(set, /THEN 'yes' END/, () => "THEN 'any_cert' END"),
  },
  {
    name: 'every certificate accepted',
    series: BOTH,
    codes: ['DV404'],
    apply: (set) => inProxyQuery(set, /THEN 'yes' END/, () => "THEN 'any-cert' END"),
  },
  {
    name: 'no host',
    series: BOTH,
    codes: ['DV403'],
    apply: (set) => {
      // Behind a director the host is not the passdb's affair.
      if (settingsOf(set, /^director_/).length > 0) return null;
      const change = inProxyQuery(set, / {2,}host, \\\n/, () => '');
      return change === null ? null : { ...change, line: change.line - 1 };
    },
  },
  {
    name: 'an empty host as default',
    series: BOTH,
    codes: ['DV406'],
    apply: (set) => inProxyQuery(set, / host,/, () => " COALESCE(host, '') AS host,"),
  },
  {
    name: 'a port by name',
    series: BOTH,
    codes: ['DV407'],
    apply: (set) =>
      inProxyQuery(set, /CASE WHEN '[^']*' = 'imap' THEN port END AS port/, () => "'imaps' AS port"),
  },
  {
    name: 'one port for all protocols',
    series: BOTH,
    codes: ['DV414'],
    apply: (set) =>
      settingsOf(set, /^protocols$/).length === 0 ||
      set.config.effective.protocols.filter((name) => /^(?:imap|pop3|submission|sieve)$/.test(name)).length <
        2
        ? null
        : inProxyQuery(set, /CASE WHEN '[^']*' = 'imap' THEN port END AS port/, () => '143 AS port'),
  },
  {
    name: 'a mechanism that Dovecot cannot speak',
    series: BOTH,
    codes: ['DV408'],
    apply: (set) => inProxyQuery(set, / destuser,/, () => " destuser, 'CRAM-MD5' AS proxy_mech,"),
  },
  {
    name: 'a timeout of nobody',
    series: BOTH,
    codes: ['DV409'],
    apply: (set) => inProxyQuery(set, / destuser,/, () => " destuser, '30 seconds later' AS proxy_timeout,"),
  },
  {
    name: 'nopassword without proxy',
    series: BOTH,
    codes: ['DV422'],
    apply: (set) => {
      const change = inProxyQuery(set, / {2,}'Y' AS proxy, \\\n/, () => '');
      return change === null ? null : { ...change, line: change.line - 1 };
    },
  },
  {
    name: 'a master user without a password',
    series: BOTH,
    codes: ['DV411'],
    apply: (set) => inProxyQuery(set, / destuser,/, () => " destuser, 'proxyadmin' AS master,"),
  },
  {
    name: 'the quotes around a variable removed',
    series: BOTH,
    codes: ['DV812'],
    apply: (set) =>
      inProxyQuery(set, /username = '([^']+)'/, ([, variable = '']) => `username = ${variable}`),
  },
  {
    name: 'no WHERE',
    series: BOTH,
    codes: ['DV811'],
    apply: (set) => {
      const change = inProxyQuery(set, / \\\n +WHERE username = '[^']+'/, () => '');
      return change;
    },
  },
  {
    name: 'SELECT *',
    series: BOTH,
    codes: ['DV810'],
    apply: (set) => inProxyQuery(set, / host,/, () => ' *,'),
  },
  {
    name: 'the password column under another name',
    series: BOTH,
    codes: ['DV814'],
    apply: (set) => inProxyQuery(set, /NULL AS password/, () => 'pw AS passwd'),
  },
  {
    name: 'NULL AS password and no nopassword',
    series: BOTH,
    codes: ['DV815'],
    apply: (set) => {
      const change = inProxyQuery(set, / {2,}'Y' AS nopassword, \\\n/, () => '');
      return change === null ? null : { ...change, line: change.line - 1 };
    },
  },
  {
    name: 'the backticks around ssl removed',
    series: BOTH,
    codes: ['DV818'],
    apply: (set) => inProxyQuery(set, / AS starttls/, () => ' AS ssl'),
  },
  {
    name: 'two rows for one user',
    series: BOTH,
    codes: ['DV820'],
    apply: (set) =>
      inProxyQuery(
        set,
        /WHERE username = ('[^']+')/,
        ([, user = '']) => `WHERE username = ${user} OR alias = ${user}`,
      ),
  },
  {
    name: 'a comma too many before FROM',
    series: BOTH,
    codes: ['DV821'],
    apply: (set) => inProxyQuery(set, / AS port \\/, () => ' AS port, \\'),
  },
  {
    name: 'the backslash at the end of a query line lost',
    series: ONLY_23,
    codes: ['DV802'],
    apply: (set) => {
      const change = inProxyQuery(set, / host, \\\n/, () => ' host,\n');
      return change === null ? null : { ...change, line: change.line + 1 };
    },
  },
  {
    name: 'a misspelt key of a database file',
    series: ONLY_23,
    codes: ['DV803', 'DV805'],
    apply: (set) => {
      const own = set.pick([...extTexts(set, 'sql'), ...extTexts(set, 'ldap')]);
      return own === null
        ? null
        : replacedMatch(
            set,
            own.file,
            /^(password_query|user_query|default_pass_scheme|pass_filter|user_attrs)/m,
            ([key]) => key.replace('_', ''),
          );
    },
  },
  {
    name: 'double quotes in a query for PostgreSQL',
    series: ONLY_23,
    codes: ['DV813'],
    apply: (set) => {
      const own = set.pick(
        extTexts(set, 'sql').filter(
          ({ text }) => /^\s*driver\s*=\s*pgsql/m.test(text) && /^\s*password_query/m.test(text),
        ),
      );
      if (own === null) return null;
      const at = own.text.search(/^\s*password_query/m);
      return replacedMatch(set, own.file, /'(%[a-zA-Z]+)'/, ([, variable = '']) => `"${variable}"`, at);
    },
  },
  {
    name: 'no connect line',
    series: ONLY_23,
    codes: ['DV805'],
    apply: (set) => {
      const own = set.pick(extTexts(set, 'sql'));
      const change =
        own === null ? null : replacedMatch(set, own.file, /^(\s*)connect(?=\s*=)/m, () => '#connect');
      return change === null ? null : { ...change, line: 0 };
    },
  },
  {
    name: 'a misspelt path of a database file',
    series: ONLY_23,
    codes: ['DV801'],
    apply: (set) => {
      const setting = settingOf(set, /^args$/);
      if (setting === null || !/^\/etc\/dovecot\/\S*sql\S*$/.test(setting.node.value.text)) return null;
      return withValue(set, setting, setting.node.value.text.replace('sql', 'slq'));
    },
  },
  {
    name: 'a password scheme without its hyphen',
    series: BOTH,
    codes: ['DV824'],
    apply: (set) => inProxyQuery(set, /NULL AS password/, () => "'{SHA512CRYPT}$6$ab$cd' AS password"),
  },
  {
    name: 'a backslash behind the last line of a query',
    series: BOTH,
    codes: ['DV115'],
    apply: (set) => {
      const text = '\\\ndefault_pass_scheme = SHA512-CRYPT';
      const change = inProxyQuery(set, /(?<=username = '[^']*')$/m, () => ` ${text}`);
      return change === null ? null : { ...change, line: change.line + 1 };
    },
  },
  {
    name: 'a misspelt word of a connect string',
    series: ONLY_23,
    codes: ['DV825'],
    apply: (set) => {
      const sql = set.pick(extTexts(set, 'sql').filter(({ text }) => /^connect\s*=.*\bdbname=/m.test(text)));
      return sql === null ? null : replacedMatch(set, sql.file, /\bdbname=/, () => 'database=');
    },
  },
  {
    name: 'a parenthesis of an LDAP filter lost',
    series: ONLY_24,
    codes: ['DV827'],
    apply: (set) =>
      appended(
        set,
        [
          'passdb directory {',
          '  driver = ldap',
          '  ldap_uris = ldap://ldap.example.com',
          '  ldap_base = dc=example,dc=com',
          '  ldap_bind = yes',
          '  ldap_filter = (&(objectClass=posixAccount)(uid=%{user})',
          '}',
        ],
        6,
      ),
  },
];
