import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { main } from '../../src/cli/main.js';

const folder = mkdtempSync(join(tmpdir(), 'dvproxy-config-command-'));
const file = join(folder, 'dovecot.conf');
const HEAD_24 = 'dovecot_config_version = 2.4.1\ndovecot_storage_version = 2.4.1\n';
afterAll(() => rmSync(folder, { recursive: true }));

async function run(text: string, ...args: string[]) {
  writeFileSync(file, text);
  const output = { code: 0, stdout: '', stderr: '' };
  output.code = await main(['config', '-c', file, ...args], {
    stdout: (part) => {
      output.stdout += part;
    },
    stderr: (part) => {
      output.stderr += part;
    },
    stdoutIsTty: false,
    stderrIsTty: false,
    columns: 80,
    environment: {},
  });
  return output;
}

describe('dvproxy config', () => {
  test('prints what doveconf -n prints behind a comment line', async () => {
    expect(await run('ssl = required\npassdb {\n driver = pam\n}\n')).toEqual({
      code: 0,
      stdout: `# 2.3.19.1: ${file}\npassdb {\n  driver = pam\n}\nssl = required\n`,
      stderr: '',
    });
  });

  test('says a refusal in Dovecot’s words and prints no settings', async () => {
    expect(await run('ssl = required\nfoo = 1\n')).toEqual({
      code: 1,
      stdout: `# 2.3.19.1: ${file}\n`,
      stderr: `doveconf: Fatal: Error in configuration file ${file} line 2: Unknown setting: foo\n`,
    });
  });

  test('prints the settings all the same where a check behind the reading fails', async () => {
    const { code, stdout, stderr } = await run('auth_cache_size = 10 B\n', '-n');
    expect(code).toBe(1);
    expect(stdout).toBe(`# 2.3.19.1: ${file}\nauth_cache_size = 10 B\n`);
    expect(stderr).toBe(
      'doveconf: Error: auth_cache_size value is too small (10 bytes)\n' +
        `doveconf: Fatal: Error in configuration file ${file}: auth_cache_size value is too small (10 bytes)\n`,
    );
  });

  test('goes on with a stated reading when lenient', async () => {
    const { code, stdout, stderr } = await run('ssl = maybe\nssl_min_protocol = TLSv1\n', '--lenient');
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `# 2.3.19.1: ${file}\nssl_min_protocol = TLSv1\n`,
    });
    expect(stderr).toBe('dvproxy: --lenient: ssl = maybe is read as yes\n');
  });

  test('answers for names, values only, and key=value lines', async () => {
    expect((await run('', 'ssl')).stdout).toBe('ssl = yes\n');
    expect((await run('', '-h', 'ssl')).stdout).toBe('yes\n');
    expect((await run('plugin {\n a = b\n}\n', '-S', 'plugin')).stdout).toBe('plugin=\nplugin/a=b\n');
  });

  test('adds the origin of each setting', async () => {
    expect((await run('\nssl = no\nservice auth {\n  chroot = x\n}\n', '--origin')).stdout).toBe(
      `# 2.3.19.1: ${file}\nservice auth { # ${file}:3\n  chroot = x # ${file}:4\n}\nssl = no # ${file}:2\n`,
    );
  });

  test('gives the tree with origins as JSON', async () => {
    const { stdout } = await run('ssl = no\n', '--format', 'json');
    expect(JSON.parse(stdout)).toMatchObject({
      schema: 1,
      dovecot: '2.3.19.1',
      refused: null,
      settings: [{ kind: 'setting', name: 'ssl', value: 'no', origin: { file, line: 1 } }],
    });
  });

  test('prints the defaults without a file', async () => {
    rmSync(file, { force: true });
    const output = { code: 0, stdout: '' };
    output.code = await main(['config', '-d', '-c', file], {
      stdout: (part) => {
        output.stdout += part;
      },
      stderr: () => {},
      stdoutIsTty: false,
      stderrIsTty: false,
      columns: 80,
      environment: {},
    });
    expect(output.code).toBe(0);
    expect(output.stdout).toContain('\nauth_mechanisms = plain\n');
  });

  test('names the place of an unknown group once', async () => {
    const { code, stderr } = await run(`${HEAD_24}@nolabel = x\n`);
    expect(code).toBe(1);
    expect(stderr).toBe(
      `doveconf: Fatal: Error in configuration file ${file} line 3: Unknown group label @nolabel\n`,
    );
  });

  test('says the panic about an expression that cannot be read, whatever is asked for', async () => {
    const text = `${HEAD_24}protocol imap {\n  mail_path = %{b\n}\nmail_home = %{c\nauth_cache_size = 5\n`;
    const stderr = 'doveconf: Panic: %{c: syntax error, unexpected end of file, expecting CCBRACE or PIPE\n';
    expect(await run(text, '-n')).toEqual({ code: 1, stdout: `# 2.4.1: ${file}\n`, stderr });
    expect(await run(text, '-h', 'mail_home')).toEqual({ code: 1, stdout: '', stderr });
  });

  test('reads a directory as an empty file, as doveconf does', async () => {
    expect(await run('', '-c', folder, '-n')).toEqual({
      code: 0,
      stdout: `# 2.3.19.1: ${folder}\n`,
      stderr: '',
    });
    const { code, stderr } = await run('', '-c', folder, '--dovecot', '2.4');
    expect(code).toBe(1);
    expect(stderr).toBe('doveconf: Fatal: dovecot_storage_version setting must be set\n');
  });

  test('ends with 2 where the main file cannot be read', async () => {
    const { code, stderr } = await run('', '-c', join(folder, 'none'));
    expect(code).toBe(2);
    expect(stderr).toBe(`doveconf: Fatal: open(${join(folder, 'none')}) failed: No such file or directory\n`);
  });
});
