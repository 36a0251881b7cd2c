import { appended, type BaseSet, baseSet, type Change, replacedMatch } from './mutation.js';

/** Where the grafted database file of 2.3 is read from. */
const EXT_PATH = '/etc/dovecot/proxied-users.conf.ext';

const COLUMNS_23 = [
  'password_query = SELECT NULL AS password, \\',
  "  'Y' AS nopassword, \\",
  "  'Y' AS proxy, \\",
  '  host, \\',
  '  destuser, \\',
  "  CASE WHEN tls = 1 THEN 'yes' END AS starttls, \\",
  "  CASE WHEN '%s' = 'imap' THEN port END AS port \\",
  '  FROM proxied_users \\',
  "  WHERE username = '%u'",
];
const COLUMNS_24 = COLUMNS_23.map((line) => line.replace('password_query', '  passdb_sql_query'))
  .map((line) => line.replaceAll('%s', '%{protocol}').replaceAll('%u', '%{user}'))
  .map((line, index) => (index === 0 ? line : `  ${line}`));

/**
 * The configuration with one more passdb as a proxy has it: users in an SQL database, a host and TLS for each. Most
 * configurations that people publish have none, and the mistakes of its query are those that hurt.
 */
export function withProxyQuery(set: BaseSet): BaseSet & { readonly queryFile: string } {
  const { slug, main: mainPath } = set;
  const main = mainPath.slice(mainPath.indexOf(`/${slug}/`) + slug.length + 2);
  const folder = mainPath.slice(0, -main.length);
  if (set.series === '2.3') {
    const queryFile = folder + EXT_PATH.slice('/etc/dovecot/'.length);
    const { texts } = appended(set, ['passdb {', '  driver = sql', `  args = ${EXT_PATH}`, '}']);
    const ext = ['driver = mysql', 'connect = host=db.example.com dbname=mail user=dovecot password=secret'];
    const all = new Map([...texts, [queryFile, `${[...ext, ...COLUMNS_23].join('\n')}\n`]]);
    return { ...baseSet(slug, main, set.version, all), queryFile };
  }
  const { texts } = appended(set, [
    'passdb proxied_users {',
    '  driver = sql',
    '  sql_driver = mysql',
    '  mysql db.example.com {',
    '    dbname = mail',
    '    user = dovecot',
    '    password = secret',
    '  }',
    ...COLUMNS_24,
    '}',
  ]);
  return { ...baseSet(slug, main, set.version, texts), queryFile: set.main };
}

/** One change in the query of the grafted passdb. */
export function inProxyQuery(
  set: BaseSet,
  pattern: RegExp,
  by: (match: RegExpExecArray) => string,
): Change | null {
  const grafted = withProxyQuery(set);
  const text = grafted.texts.get(grafted.queryFile) ?? '';
  const at = text.search(set.series === '2.3' ? /^password_query/m : /^ {2}passdb_sql_query/m);
  if (at === -1) return null;
  const change = replacedMatch(grafted, grafted.queryFile, pattern, by, at);
  return change === null ? null : { ...change, texts: new Map([...grafted.texts, ...change.texts]) };
}
