import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { main } from '../../src/cli/main.js';

const folder = mkdtempSync(join(tmpdir(), 'dvproxy-command-'));
afterAll(() => rmSync(folder, { recursive: true }));

function config(text: string): string {
  const path = join(folder, 'dovecot.conf');
  writeFileSync(path, text);
  return path;
}

const GOOD = `protocols = imap
ssl = no
passdb {
  driver = static
  args = nopassword proxy host=127.0.0.1
}
userdb {
  driver = static
}
`;

async function serve(...args: string[]): Promise<{ exitCode: number; stderr: string }> {
  let stderr = '';
  const exitCode = await main(['serve', ...args], {
    stdout: () => undefined,
    stderr: (text) => {
      stderr += text;
    },
    stdoutIsTty: false,
    stderrIsTty: false,
    columns: 80,
    environment: {},
  });
  return { exitCode, stderr };
}

describe('dvproxy serve ends at once', () => {
  test('with what Dovecot says of a configuration that it refuses', async () => {
    const path = config(`${GOOD}passdb {\n  driver = static\n  skip = notfound\n}\n`);
    const { exitCode, stderr } = await serve('-c', path, '--listen', 'imap=127.0.0.1:0');
    expect(exitCode).toBe(1);
    expect(stderr).toBe(
      `dvproxy: doveconf: Fatal: Error in configuration file ${path} line 12: Invalid value: notfound\n`,
    );
  });

  test('with what the auth process says when it would not start', async () => {
    const path = config(GOOD.replace('driver = static', 'driver = nosuch'));
    const { exitCode, stderr } = await serve('-c', path, '--listen', 'imap=127.0.0.1:0');
    expect(exitCode).toBe(1);
    expect(stderr).toContain("auth: Fatal: Unknown passdb driver 'nosuch'");
  });

  test('where a file does not exist or an option makes no sense', async () => {
    expect(await serve('-c', join(folder, 'nowhere.conf'))).toMatchObject({ exitCode: 2 });
    for (const listen of ['imap', 'imap=127.0.0.1', 'ftp=127.0.0.1:1', 'imap=127.0.0.1:70000']) {
      const { exitCode, stderr } = await serve('-c', config(GOOD), '--listen', listen);
      expect(exitCode).toBe(2);
      expect(stderr).toContain('--listen');
    }
    expect(await serve('-c', config(GOOD), '--workers', '0')).toMatchObject({ exitCode: 2 });
  });

  test('where the address is taken, naming it', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => {
      taken.listen(0, '127.0.0.1', resolve);
    });
    const { port } = taken.address() as AddressInfo;
    const { exitCode, stderr } = await serve('-c', config(GOOD), '--listen', `imap=127.0.0.1:${port}`);
    expect(exitCode).toBe(1);
    expect(stderr).toBe(`dvproxy: cannot listen on imap=127.0.0.1:${port}: Address already in use\n`);
    taken.close();
  });

  test('where the configuration has no listener at all', async () => {
    const { exitCode, stderr } = await serve(
      '-c',
      config(GOOD.replace('protocols = imap', 'protocols = lmtp')),
    );
    expect(exitCode).toBe(1);
    expect(stderr).toContain('no listener that can be served; use --listen');
  });

  test('where a certificate cannot be read, naming the file', async () => {
    const path = config(
      GOOD.replace('ssl = no', 'ssl = yes\nssl_cert = <fixtures/nothing.pem\nssl_key = <nothing'),
    );
    const { exitCode, stderr } = await serve('-c', path, '--listen', 'imap=127.0.0.1:0');
    expect(exitCode).toBe(1);
    expect(stderr).toContain('nothing');
    expect(stderr).not.toContain('at ');
  });
});
