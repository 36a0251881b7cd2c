import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { inFolder, runIn } from '../docs/console.js';

const HEAD = 'protocols = imap lmtp\nssl = no\nlmtp_proxy = yes\n';

function verify(files: Readonly<Record<string, string>>, args = '') {
  return inFolder(new Map(Object.entries(files)), async (folder) => {
    const filled = (text: string): string => text.replaceAll('@DIR@', folder);
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), filled(text));
    return runIn(folder, `dvproxy migrate -c ${folder}/dovecot.conf --verify ${args}`);
  });
}

describe('dvproxy migrate --verify', () => {
  test('proves a chain of files with the users in them', async () => {
    const { text, exitCode } = await verify({
      'dovecot.conf': `${HEAD}passdb {\n  driver = passwd-file\n  args = @DIR@/users\n}\npassdb {\n  driver = static\n  args = nopassword=y proxy=y host=127.0.0.9\n}\n`,
      users: 'ann:{PLAIN}pw::::::proxy=y host=%n.example.com\nbob:{SHA256}notb64\n',
    });
    expect(text).toContain('Proved\n');
    expect(text).toContain('Same answers of both configurations to 8 of 8 combinations');
    expect(text).toContain('Same answers of both configurations to 9 of 9 questions about users');
    expect(text).toContain('Not part of the proof\n');
    expect(exitCode).toBe(0);
  });

  test('shows users whose answer changes', async () => {
    const { text, exitCode } = await verify(
      {
        'dovecot.conf': `${HEAD}passdb {\n  driver = sql\n  args = @DIR@/sql.conf.ext\n}\n`,
        'sql.conf.ext':
          "driver = mysql\nconnect = host=db dbname=m user=u password=p\npassword_query = SELECT password, nopassword FROM users WHERE userid = '%u'\n",
        'data.sql':
          "CREATE TABLE users (userid VARCHAR(20), password VARCHAR(80), nopassword CHAR(1));\nINSERT INTO users VALUES ('ann', '{PLAIN}pw', NULL), ('both', '{PLAIN}pw', 'Y');\n",
        'names.txt': 'ann\nboth\n',
      },
      '--fixture data.sql --users names.txt',
    );
    expect(text).toContain('Not proved\n');
    expect(text).toContain('    both, imap, wrong password\n      outcome: fail_password -> ok_local\n');
    expect(exitCode).toBe(1);
  });

  test('names what the checker finds in the result', async () => {
    const { text, exitCode } = await verify({
      'dovecot.conf': `${HEAD}passdb {\n  driver = sql\n  args = @DIR@/missing.conf.ext\n}\n`,
    });
    expect(text).toContain('Not proved\n');
    expect(text).toMatch(/The checker finds \d+ new errors? in the result:/);
    expect(exitCode).toBe(1);
  });

  test('is a part of the JSON report', async () => {
    const { text } = await verify(
      {
        'dovecot.conf': `${HEAD}passdb {\n  driver = static\n  args = nopassword=y proxy=y host=127.0.0.9\n}\n`,
      },
      '--report json',
    );
    const { proof } = JSON.parse(text) as { proof: { proved: boolean; scenarios: { asked: number } } };
    expect(proof).toMatchObject({ proved: true, scenarios: { differing: [] } });
  });
});
