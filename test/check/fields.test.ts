import { describe, expect, test } from 'vitest';
import { inFolder, runIn } from '../docs/console.js';

/** `LINE:COLUMN CODE` of the findings in one file. */
async function findings(files: Record<string, string>, options = ''): Promise<string[]> {
  const { text } = await inFolder(new Map(Object.entries(files)), (folder) =>
    runIn(folder, `dvproxy check --map /etc/dovecot=. --format compact ${options} dovecot.conf`),
  );
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.replace(/^[^:]+:(\d+:\d+): .* \[(\w+)\]$/, '$1 $2'));
}

const V24 = 'dovecot_config_version = 2.4.1\ndovecot_storage_version = 2.4.1\n';

function query(text: string, driver = 'mysql') {
  return {
    'dovecot.conf': 'passdb {\n  driver = sql\n  args = /etc/dovecot/x.conf.ext\n}\n',
    'x.conf.ext': `driver = ${driver}\nconnect = host=a dbname=b user=c\n${text}\n`,
  };
}

const BASE = "NULL AS password, 'Y' AS nopassword, 'Y' AS proxy, host";

describe('a switch with a value that means no is found', () => {
  test.each([
    ["'no' AS starttls", "'no'"],
    ["'N' AS starttls", "'N'"],
    ['0 AS starttls', '0 AS'],
    ["'' AS proxy_maybe", "''"],
    ["CASE WHEN a = 1 THEN 'yes' ELSE 'no' END AS starttls", "'no'"],
    ["CASE a WHEN 1 THEN 'no' WHEN 2 THEN NULL END AS starttls", "'no'"],
    ["IF(a, 'yes', 'no') AS starttls", "'no'"],
    ["COALESCE(x, 'no') AS starttls", "'no'"],
    ["CASE WHEN a THEN CASE WHEN b THEN 'no' END END starttls", "'no'"],
  ])('in %s', async (column, literal) => {
    const line = `password_query = SELECT ${BASE}, ${column} FROM u WHERE n = '%u'`;
    const found = await findings(query(line));
    expect(found.filter((one) => one.endsWith('DV401'))).toEqual([`3:${line.indexOf(literal) + 1} DV401`]);
  });

  test('over several lines, with its own line and column', async () => {
    const found = await findings(
      query(
        `password_query = SELECT ${BASE}, \\\n  CASE WHEN tls THEN 'yes' \\\n  ELSE 'no' END AS starttls \\\n  FROM u WHERE n = '%u'`,
      ),
    );
    expect(found).toContain('5:8 DV401');
  });

  test('in the args of a static passdb, in override_fields and in fields', async () => {
    expect(
      await findings({
        'dovecot.conf': 'passdb {\n  driver = static\n  args = nopassword=y proxy=no host=192.0.2.1\n}\n',
      }),
    ).toEqual(['3:29 DV401']);
    expect(
      await findings({
        'dovecot.conf': 'passdb {\n  driver = pam\n  override_fields = proxy=y host=192.0.2.1 ssl=no\n}\n',
      }),
    ).toContain('3:48 DV401');
    expect(
      await findings({
        'dovecot.conf': `${V24}passdb pam {\n  fields {\n    proxy = no\n    host = 192.0.2.1\n  }\n}\n`,
      }),
    ).toEqual(['5:13 DV401']);
  });

  test('in the query of a 2.4 passdb', async () => {
    const text = `${V24}sql_driver = sqlite\nsqlite_path = /x.db\npassdb sql {\n  query = SELECT ${BASE}, 'no' AS ssl \\\n    FROM u WHERE n = '%{user}'\n}\n`;
    expect(await findings({ 'dovecot.conf': text })).toContain(
      `6:${(text.split('\n')[5] ?? '').indexOf("'no'") + 1} DV401`,
    );
  });
});

describe('a switch that may be left out is none', () => {
  test.each([
    "CASE WHEN a = 1 THEN 'yes' END AS starttls",
    "NULLIF(tls, 'no') AS starttls",
    'starttls',
    "CASE WHEN mode = 'no' THEN NULL ELSE 'yes' END AS starttls",
  ])('%s', async (column) => {
    const found = await findings(query(`password_query = SELECT ${BASE}, ${column} FROM u WHERE n = '%u'`));
    expect(found.filter((line) => line.includes('DV401'))).toEqual([]);
  });
});

test('no query makes check fail', async () => {
  for (const text of [
    '',
    ';',
    'SELECT',
    "SELECT '",
    'SELECT (((',
    'SELECT ))) FROM',
    'CALL login(%u)',
    'SELECT `',
    '%{',
  ])
    expect(await findings(query(`password_query = ${text}`))).not.toContain('internal error');
});
