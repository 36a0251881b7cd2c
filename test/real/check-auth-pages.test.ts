import { chmodSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import Sqlite from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { fencesOf } from '../docs/markdown.js';
import { dovecotMissing, startDovecotAuth } from './servers/dovecot-auth.js';

// Dovecot's words in the pages of rules, asked of the real auth process: what it says when it starts, and of a login.

const required = process.env['CI'] === 'true';
const missing = { '2.3.19.1': dovecotMissing('2.3.19.1'), '2.4.1': dovecotMissing('2.4.1') };
for (const reason of Object.values(missing))
  if (reason !== null && !required) console.warn(`skipped: ${reason}`);

/**
 * Said by login processes (fixtures/transcripts have them), by what opens a mailbox, by doveadm, or by a real database
 * or directory (check-connect.test.ts).
 */
const OF_OTHERS = /^DV(?:224|225|403|406|407|408|409|413|416|426|508|710|714|827|829|831|832)$/;

/** Behind the settings that go first; an example without a passdb gets one. */
function completed(config: string): string {
  const own = config.replaceAll(/^dovecot_(?:config|storage)_version.*\n/gm, '');
  return /passdb|auth_mechanisms/.test(own) ? own : `${own}passdb static {\n  password = pw\n}\n`;
}

/** The same queries on a file: no server is needed for what Dovecot says, unless the connect string itself is bad. */
function onSqlite(text: string): string {
  return text
    .replace(/^driver = mysql(?=\nconnect = .* dbname=)/m, 'driver = sqlite')
    .replace(/^connect = .* dbname=.*$/m, 'connect = @DIR@/users.sqlite');
}

/** Users as the examples ask for them; two of them share a name by their aliases. */
function makeUsers(path: string): void {
  const database = new Sqlite(path);
  database.exec(
    'CREATE TABLE users (name TEXT, userid TEXT, username TEXT, alias TEXT, password TEXT, pw TEXT, pass TEXT, crypt TEXT, home TEXT, host TEXT, port TEXT, tls INTEGER, active INTEGER, last_login TEXT);' +
      "INSERT INTO users (name, userid, username, alias, password, active) VALUES ('joe@example.com', 'joe@example.com', 'joe@example.com', 'j', '{PLAIN}pw', 1), ('ann', 'ann', 'ann', 'joe@example.com', '{PLAIN}pw', 1), ('sue', 'sue', 'sue', 'sue', 'pw', 1);",
  );
  database.close();
  chmodSync(path, 0o644);
}

const PAGES = readdirSync('docs/checks').flatMap((name) => {
  const code = name.slice(0, -3);
  const fences = fencesOf(readFileSync(join('docs/checks', name), 'utf8')).filter(
    ({ heading }) => heading === 'Bad',
  );
  const output = fences.find(({ language }) => language === 'console')?.text ?? '';
  const claims = [
    ...output.matchAll(/= (?:auth says when it starts|Dovecot says at run time): (.*)$/gm),
  ].flatMap(([, claim]) => claim ?? []);
  if (claims.length === 0 || OF_OTHERS.test(code)) return [];
  const files = Object.fromEntries(
    fences.flatMap(({ file, text }) => (file === null ? [] : [[file, text] as const])),
  );
  const version = /^dovecot_config_version/m.test(files['dovecot.conf'] ?? '') ? '2.4.1' : '2.3.19.1';
  return [{ code, claims, files, version } as const];
});

const ATTEMPTS = 3;
const WAITS = 50;
const WAIT_MS = 100;

describe.each(PAGES.filter(({ version }) => required || missing[version] === null))(
  'the bad example of $code',
  ({ claims, files, version }) => {
    test(`is answered by the auth process of ${version} as the page says`, async () => {
      const placed = Object.fromEntries(
        Object.entries(files).map(
          ([name, text]) => [name, text.replaceAll('/etc/dovecot/', '@DIR@/')] as const,
        ),
      );
      const { 'dovecot.conf': config = '', ...others } = placed;
      const start = () =>
        startDovecotAuth({
          version,
          config: completed(config),
          files: Object.fromEntries(Object.entries(others).map(([name, text]) => [name, onSqlite(text)])),
          prepare: (folder) => makeUsers(join(folder, 'users.sqlite')),
        });
      let said = '';
      const saysAll = () => claims.every((claim) => said.includes(claim));
      // The last line of an auth process that dies at its start is lost now and then: it is started again.
      for (let attempt = 0; attempt < ATTEMPTS && !saysAll(); attempt++) {
        const server = start();
        try {
          server.real({ user: 'users' in files ? 'joe' : 'joe@example.com', password: 'pw' });
          if ('sql.conf.ext' in files) server.real({ user: 'sue', password: 'pw' });
          for (let wait = 0; wait < WAITS && !saysAll(); wait++) {
            said = server.log().join('\n').replaceAll(server.directory, '/etc/dovecot');
            await setTimeout(WAIT_MS);
          }
        } finally {
          await server.stop();
        }
      }
      for (const claim of claims) expect(said).toContain(claim);
    });
  },
);
