import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { main } from '../../src/cli/main.js';

async function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  let stdout = '';
  let stderr = '';
  const code = await main(['expand', ...args], {
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
  });
  return { code, stdout, stderr };
}

const JANE = ['--user', 'Jane@Example.COM'];

describe('dvproxy expand', () => {
  test('prints the result of 2.3 by default, of 2.4 when asked', async () => {
    expect(await run(...JANE, '%Ln-%{domain}-%s')).toEqual({
      code: 0,
      stdout: 'jane-Example.COM-imap\n',
      stderr: '',
    });
    expect(await run('--dovecot', '2.4', ...JANE, '%{user | domain | lower}')).toMatchObject({
      code: 0,
      stdout: 'example.com\n',
    });
  });
  test('says an error as Dovecot words it', async () => {
    expect(await run('%{nope}')).toEqual({
      code: 1,
      stdout: '',
      stderr: "dvproxy: Unknown variable '%nope'\n",
    });
    expect(await run('--dovecot', '2.4.1', '%{user()}')).toMatchObject({
      code: 1,
      stderr: 'dvproxy: syntax error, unexpected CBRACE, expecting MINUS or NAME or VALUE or NUMBER\n',
    });
  });
  test('says what the other series would take', async () => {
    expect((await run(...JANE, '%{user | domain}')).stderr).toContain('--dovecot 2.4');
    expect(await run('--dovecot', '2.4', '%Lu')).toEqual({
      code: 0,
      stdout: '%Lu\n',
      stderr: 'note: %Lu is a variable of 2.3; 2.4 leaves it as it is written; write %{user | lower}\n',
    });
  });
  test('takes variables by any of their names', async () => {
    const given = ['--var', 'u=a@b', '--var', 'passdb:host=h=1', '--var', 'rip=10.0.0.1', '--var', 'n=other'];
    expect((await run(...given, '%d %{passdb:host} %{passdb:x:none} %{remote_ip} %{username}')).stdout).toBe(
      'b h=1 none 10.0.0.1 other\n',
    );
    expect((await run('--dovecot', '2.4', ...given, '%{user} %{passdb:host} %{remote_ip}')).stdout).toBe(
      'a@b h=1 10.0.0.1\n',
    );
  });
  test('takes addresses, the service and the rest as options', async () => {
    const args = ['--service', 'lmtp', '--local-ip', '10.0.0.1', '--local-port', '24', '--secured', 'tls'];
    expect((await run(...args, '--master', 'boss', '%s %l %a %c %{auth_user}')).stdout).toBe(
      'lmtp 10.0.0.1 24 TLS boss\n',
    );
  });
  test('escapes as for a database', async () => {
    expect((await run('--user', "o'brien", '--escape', 'mysql', "'%u'")).stdout).toBe("'o\\'brien'\n");
    expect((await run('--user', 'a(b', '--escape', 'ldap', '%u')).stdout).toBe('a\\28b\n');
  });
  test('shows each step', async () => {
    const { stdout } = await run('--dovecot', '2.4', '--trace', ...JANE, 'x-%{user | domain | lower}');
    expect(stdout).toBe(
      [
        '%{user | domain | lower}',
        '  user    Jane@Example.COM',
        '  domain  Example.COM',
        '  lower   example.com',
        '',
        'result  x-example.com',
        '',
      ].join('\n'),
    );
  });
  test('prints JSON', async () => {
    const { stdout } = await run('--format', 'json', '--trace', ...JANE, '%1Lu%x');
    expect(JSON.parse(stdout)).toMatchObject({
      schema: 1,
      dovecot: '2.3.19.1',
      expression: '%1Lu%x',
      result: null,
      error: "Unknown variable '%x'",
      partial: 'jUNSUPPORTED_VARIABLE_x',
      trace: [
        { expression: '%1Lu', action: 'variable', name: 'u', value: 'Jane@Example.COM' },
        { action: 'modifier', name: 'L', value: 'jane@example.com' },
        { action: 'cut', value: 'j' },
        { expression: '%x', error: "Unknown variable '%x'" },
      ],
    });
  });
  test('bytes that are no text are shown, and told in JSON', async () => {
    const args = ['--user', 'Jürgen', '%2n'];
    expect(await run(...args)).toEqual({
      code: 0,
      stdout: 'J\\xc3\n',
      stderr: 'note: the result is no text; bytes are shown as \\xNN\n',
    });
    expect(JSON.parse((await run('--format', 'json', ...args)).stdout)).toMatchObject({ result_hex: '4ac3' });
  });
  test('says where Dovecot would crash', async () => {
    expect(await run('--dovecot', '2.4', ...JANE, '%{user | truncate(99)}')).toMatchObject({
      code: 1,
      stderr: 'dvproxy: Dovecot would crash or hang here: truncate(99) of 16 bytes\n',
    });
  });
  test('is the Dovecot that a main file is written for', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'dvproxy-expand-'));
    const file = join(dir, 'dovecot.conf');
    writeFileSync(file, '# main file\n\ndovecot_config_version = 2.4.1\n');
    expect((await run('-c', file, ...JANE, '%{user | domain}')).stdout).toBe('Example.COM\n');
    writeFileSync(file, 'protocols = imap\n');
    expect((await run('-c', file, ...JANE, '%d')).stdout).toBe('Example.COM\n');
    rmSync(dir, { recursive: true });
  });
  test('wrong usage is exit 2', async () => {
    expect((await run('--var', 'x', '%u')).code).toBe(2);
    expect((await run('--dovecot', '2.2', '%u')).code).toBe(2);
    expect((await run()).code).toBe(2);
    expect((await run('-c', '/nonexistent/dovecot.conf', '%u')).code).toBe(2);
  });
  test('help has an example', async () => {
    expect((await run('--help')).stdout).toContain('Example:');
  });
});
