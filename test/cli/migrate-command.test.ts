import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { main } from '../../src/cli/main.js';
import type { Terminal } from '../../src/cli/terminal.js';
import { inFolder } from '../docs/console.js';

interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const run = (args: readonly string[], askLine?: Terminal['askLine']): Promise<Result> =>
  dvproxy(['migrate', ...args], askLine);

async function dvproxy(args: readonly string[], askLine?: Terminal['askLine']): Promise<Result> {
  let stdout = '';
  let stderr = '';
  const code = await main(args, {
    stdout: (text) => {
      stdout += text;
    },
    stderr: (text) => {
      stderr += text;
    },
    stdoutIsTty: false,
    stderrIsTty: false,
    columns: 80,
    environment: {},
    ...(askLine === undefined ? {} : { askLine }),
  });
  return { code, stdout, stderr };
}

const OLD = {
  'dovecot.conf': '# Ours\n\ndisable_plaintext_auth = no\n!include conf.d/*.conf\n',
  'conf.d/10-ssl.conf': 'ssl_key_password = top secret\n',
};

/** Writes the old files, and hands in their folder and the one for the new files. */
function migrating<T>(
  files: Readonly<Record<string, string>>,
  work: (old: string, now: string) => Promise<T>,
): Promise<T> {
  return inFolder(new Map(), async (folder) => {
    const old = join(folder, 'old');
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(join(old, name, '..'), { recursive: true });
      writeFileSync(join(old, name), text, 'latin1');
    }
    return work(old, join(folder, 'new'));
  });
}

describe('dvproxy migrate', () => {
  test('writes the same files with the modes of the old ones', async () => {
    await migrating(OLD, async (old, now) => {
      chmodSync(join(old, 'conf.d/10-ssl.conf'), 0o600);
      chmodSync(join(old, 'dovecot.conf'), 0o640);
      const { code, stdout } = await run(['-c', `${old}/dovecot.conf`, '-o', now]);
      expect(code).toBe(0);
      expect(readFileSync(`${now}/dovecot.conf`, 'utf8')).toBe(
        '# Ours\n\ndovecot_config_version = 2.4.1\ndovecot_storage_version = 2.4.1\n\n' +
          'auth_allow_cleartext = yes\n!include conf.d/*.conf\n',
      );
      expect(readFileSync(`${now}/conf.d/10-ssl.conf`, 'utf8')).toBe(
        'ssl_server_key_password = top secret\n',
      );
      expect(statSync(`${now}/conf.d/10-ssl.conf`).mode & 0o7777).toBe(0o600);
      expect(statSync(`${now}/dovecot.conf`).mode & 0o7777).toBe(0o640);
      expect(readFileSync(`${old}/dovecot.conf`, 'utf8')).toBe(OLD['dovecot.conf']);
      expect(stdout).toContain('[DV722]');
      expect(stdout).not.toContain('top secret');
    });
  });

  test('writes for a later version what that one has, with the defaults of the one that was compared', async () => {
    const files = {
      'dovecot.conf':
        'protocols = imap\nservice imap-login {\n  inet_listener imap {\n    reuse_port = yes\n  }\n}\n',
    };
    await migrating(files, async (old, now) => {
      const { code, stdout } = await run([
        '-c',
        `${old}/dovecot.conf`,
        '-o',
        now,
        '--target',
        '2.4.5',
        '--verify',
      ]);
      const text = readFileSync(`${now}/dovecot.conf`, 'utf8');
      expect(text).toContain('dovecot_config_version = 2.4.1\ndovecot_storage_version = 2.4.5\n');
      expect(text).toContain('    # 2.4.5 has reuse_port in the service: reuse_port = yes\n');
      expect(stdout).toContain('The checker finds no new error in the result');
      expect(code).toBe(0);
    });
  });

  test('reports in Markdown and HTML hold the proof', async () => {
    await migrating(OLD, async (old) => {
      for (const [format, heading] of [
        ['md', '## Proof\n\n```\nProved\n'],
        ['html', '<h2>Proof</h2>\n<pre>Proved\n'],
      ] as const) {
        const { stdout, stderr } = await run(['-c', `${old}/dovecot.conf`, '--report', format, '--verify']);
        expect(stdout).toContain(heading);
        expect(stderr).toBe('');
      }
    });
  });

  test('writes nothing over anything', async () => {
    await migrating(OLD, async (old, now) => {
      mkdirSync(join(now, 'conf.d'), { recursive: true });
      writeFileSync(`${now}/conf.d/10-ssl.conf`, 'mine');
      const { code, stderr } = await run(['-c', `${old}/dovecot.conf`, '-o', now]);
      expect({ code, stderr }).toEqual({
        code: 2,
        stderr: `dvproxy: ${now}/conf.d/10-ssl.conf exists already; nothing was written\n`,
      });
      expect(existsSync(`${now}/dovecot.conf`)).toBe(false);
      expect(readFileSync(`${now}/conf.d/10-ssl.conf`, 'utf8')).toBe('mine');
    });
  });

  test('takes what it wrote away where a file cannot be written', async () => {
    await migrating(OLD, async (old, now) => {
      writeFileSync(now, '');
      const { code, stderr } = await run(['-c', `${old}/dovecot.conf`, '-o', `${now}/below`]);
      expect(code).toBe(2);
      expect(stderr).toContain('nothing was left there');
      expect(readFileSync(now, 'utf8')).toBe('');
    });
  });

  test('a single file is as private as the most private of those in it', async () => {
    await migrating(OLD, async (old, now) => {
      chmodSync(join(old, 'conf.d/10-ssl.conf'), 0o600);
      chmodSync(join(old, 'dovecot.conf'), 0o644);
      await run(['-c', `${old}/dovecot.conf`, '-o', now, '--single-file']);
      expect(readFileSync(`${now}/dovecot.conf`, 'utf8')).toContain(
        'auth_allow_cleartext = yes\nssl_server_key_password = top secret\n',
      );
      expect(existsSync(`${now}/conf.d`)).toBe(false);
      expect(statSync(`${now}/dovecot.conf`).mode & 0o7777).toBe(0o600);
    });
  });

  test('--dry-run prints a diff without secrets and writes nothing', async () => {
    await migrating(OLD, async (old, now) => {
      const { code, stdout } = await run(['-c', `${old}/dovecot.conf`, '-o', now, '--dry-run']);
      expect(code).toBe(0);
      expect(stdout).toContain('\n-disable_plaintext_auth = no\n');
      expect(stdout).toContain('\n+auth_allow_cleartext = yes\n');
      expect(stdout).not.toContain('top secret');
      expect(existsSync(now)).toBe(false);
    });
  });

  test('an answer on the command line decides', async () => {
    await migrating(OLD, async (old, now) => {
      await run(['-c', `${old}/dovecot.conf`, '-o', now, '--answer', 'DV720/storage=old']);
      expect(readFileSync(`${now}/dovecot.conf`, 'utf8')).toContain('dovecot_storage_version = 2.3.19\n');
    });
  });

  test('an answer to no question, or no answer to one, is refused', async () => {
    await migrating(OLD, async (old) => {
      const about = (answer: string) =>
        run(['-c', `${old}/dovecot.conf`, '--dry-run', '--answer', answer]).then(({ stderr }) => stderr);
      expect(await about('DV799=x')).toContain('no such question; there are DV720/storage');
      expect(await about('DV720=x')).toContain('expected one of new, old');
      expect(await about('storage')).toContain('expected CODE=CHOICE');
    });
  });

  test('who sits at the terminal is asked', async () => {
    await migrating(OLD, async (old, now) => {
      const { stderr } = await run(['-c', `${old}/dovecot.conf`, '-o', now], async () => 'old\n');
      expect(stderr).toContain('DV720/storage: Which version must be able to read');
      expect(readFileSync(`${now}/dovecot.conf`, 'utf8')).toContain('dovecot_storage_version = 2.3.19\n');
    });
  });

  test.each([
    ['md', '# Migration to Dovecot 2.4.1'],
    ['html', '<!doctype html>'],
    ['json', '{\n  "schema": 1,\n  "target": "2.4.1"'],
    ['text', 'To decide (1)'],
  ])('--report %s', async (format, start) => {
    await migrating(OLD, async (old) => {
      const { code, stdout } = await run(['-c', `${old}/dovecot.conf`, '--report', format]);
      expect(code).toBe(0);
      expect(stdout.slice(0, start.length)).toBe(start);
      expect(stdout).toContain('auth_allow_cleartext = yes');
      expect(stdout).not.toContain('top secret');
    });
  });

  test('what it wrote is told to be 2.4 already, and stays as it is', async () => {
    await migrating(OLD, async (old, now) => {
      await run(['-c', `${old}/dovecot.conf`, '-o', now]);
      const again = await run(['-c', `${now}/dovecot.conf`, '-o', `${now}/again`]);
      expect(again).toEqual({
        code: 1,
        stdout: '',
        stderr: `dvproxy: ${now}/dovecot.conf is a 2.4 configuration already; nothing is to be done\n`,
      });
      expect(existsSync(`${now}/again`)).toBe(false);
    });
  });

  test.each([
    ['broken', 'nope = 1\n', 'Unknown setting: nope'],
    ['truncated', 'protocol imap {\n  mail_debug = yes\n', "Missing '}'"],
    ['without what it includes', '!include none.conf\n', 'No matches'],
  ])(
    'a configuration that is %s is refused in the words of Dovecot, and nothing is written',
    async (_, text, words) => {
      await migrating({ 'dovecot.conf': text }, async (old, now) => {
        const { code, stdout, stderr } = await run(['-c', `${old}/dovecot.conf`, '-o', now]);
        expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
        expect(stderr).toContain('Dovecot 2.3 refuses this configuration, nothing was migrated: ');
        expect(stderr).toContain(words);
        expect(existsSync(now)).toBe(false);
      });
    },
  );

  test('explain knows the codes of its reports', async () => {
    expect((await dvproxy(['explain', 'dv733'])).stdout).toContain(
      'DV733 a feature that 2.4 does not have any more\n',
    );
  });

  test('nothing is asked for: the usage is told', async () => {
    expect((await run(['-c', 'fixtures/migrate/tls.2.3.conf'])).code).toBe(2);
  });
});
