import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DovecotVersion } from '../../../src/knowledge/versions.js';
import { dvproxy } from '../../simulate/command-line.js';
import { type DovecotServer, dovecotServerMissing, startDovecot } from '../servers/dovecot.js';

const VERSIONS = ['2.3.19.1', '2.4.1'] as const satisfies readonly DovecotVersion[];
for (const version of VERSIONS) {
  const missing = dovecotServerMissing(version);
  if (missing !== null) console.log(`skipped with Dovecot ${version}: ${missing}`);
}

const FILES = {
  users: 'joe:joepass\n',
  denied: 'evil@real.example.com:\n',
  proxied:
    'bob@real.example.com:secret::::::host=127.0.0.1 port=1 allow_nets=127.0.0.0/8\nann@real.example.com:secret::::::allow_nets=10.0.0.0/8\n',
};

/** The server's own passdb, as the server's configuration has it. */
const FIRST = {
  '2.3.19.1': 'passdb {\n  driver = passwd-file\n  args = scheme=PLAIN username_format=%u @DIR@/users\n}\n',
  '2.4.1': `dovecot_config_version = 2.4.1
dovecot_storage_version = 2.4.1
mail_driver = maildir
passdb passwd-file {
  passwd_file_path = @DIR@/users
  default_password_scheme = PLAIN
}
`,
};

/** Behind it: an alias, those who are denied, those who are proxied. */
const CHAIN = {
  '2.3.19.1': `auth_debug = yes
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
auth_verbose = yes
passdb aliases {
  driver = static
  args = user=%n@real.example.com noauthenticate
}
passdb denied {
  driver = passwd-file
  args = @DIR@/denied
  deny = yes
}
passdb proxied {
  driver = passwd-file
  args = scheme=PLAIN @DIR@/proxied
  override_fields = proxy=y destuser=%n
}
`,
  '2.4.1': `log_debug = category=auth
auth_verbose = yes
passdb aliases {
  driver = static
  fields {
    user = %{user | username}@real.example.com
    noauthenticate = y
  }
}
passdb denied {
  driver = passwd-file
  passwd_file_path = @DIR@/denied
  deny = yes
}
passdb proxied {
  driver = passwd-file
  passwd_file_path = @DIR@/proxied
  default_password_scheme = PLAIN
  fields {
    proxy = y
    destuser = %{user | username}
  }
}
`,
};

/** Lines of processes, not of the question. */
const BOOKKEEPING =
  // `immediate auth failure`: the delay of the server's own configuration.
  /Module|Loading|conn unix|client connected|Wrote new|Read \d+ users|Master|auth-worker|userdb|Penalty|\(fd=|auth failure due/;

/** Without time stamps, folders and connections. */
function normal(lines: readonly string[]): string[] {
  return lines
    .map((line) => line.replace(/^.*?(auth[:(])/, '$1').replace(/conn unix:login\S* \(.*?\) \[\d+\]: /, ''))
    .filter((line) => /^auth[:(]/.test(line) && !BOOKKEEPING.test(line))
    .map((line) => line.replace(/file=\S*\//, 'file='));
}

const WANTED = /client (?:in: AUTH|passdb out: (?:OK|FAIL))/;

describe.each(VERSIONS)('-vv beside the debug log of a real Dovecot %s', (version) => {
  describe.skipIf(dovecotServerMissing(version) !== null && process.env['CI'] !== 'true')('for', () => {
    const folder = mkdtempSync(join(tmpdir(), 'dvproxy-debug-'));
    let server: DovecotServer;

    beforeAll(async () => {
      server = await startDovecot(version, {
        users: [FILES.users.trim()],
        files: { denied: FILES.denied, proxied: FILES.proxied },
        settings: CHAIN[version],
      });
      for (const [name, text] of Object.entries(FILES)) writeFileSync(join(folder, name), text);
      writeFileSync(
        join(folder, 'dovecot.conf'),
        (FIRST[version] + CHAIN[version]).replaceAll('@DIR@', folder),
      );
      writeFileSync(join(folder, 'password'), 'secret\n');
    });
    afterAll(async () => {
      await server?.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    /** Lines that one login makes the auth process write. */
    const logOfLogin = async (user: string): Promise<string[]> => {
      const before = server.log().length;
      const socket = connect(server.port, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.write(`a LOGIN "${user}" "secret"\r\n`);
      await expect
        .poll(() => server.log().slice(before), { timeout: 10_000 })
        .toMatch(/client passdb out: (?:OK|FAIL)/);
      socket.destroy();
      const lines = server.log().slice(before).split('\n');
      return lines.slice(0, lines.findIndex((line) => /client passdb out: (?:OK|FAIL)/.test(line)) + 1);
    };

    test.each(['bob@example.com', 'ann@example.com', 'evil@example.com', 'nobody@example.com'])(
      '%s',
      async (user) => {
        const real = await logOfLogin(user);
        const asked = real.find((line) => line.includes('client in: AUTH')) ?? '';
        const parts = new Map(
          asked.split('\t').map((part) => [part.split('=')[0] ?? '', part.split('=')[1] ?? '']),
        );
        const { stdout } = await dvproxy([
          ...['simulate', user, '-c', join(folder, 'dovecot.conf'), '-vv', '--secured', 'yes'],
          ...['--password-file', join(folder, 'password'), '--session', parts.get('session') ?? ''],
          ...['--local-ip', '127.0.0.1', '--remote-ip', '127.0.0.1'],
          ...['--local-port', parts.get('lport') ?? '', '--remote-port', parts.get('rport') ?? ''],
        ]);
        const [, log = ''] = stdout.split('Log of the auth process\n');
        const ours = log.split('\n').map((line) => line.trim());
        const walk = (lines: readonly string[]) => normal(lines).filter((line) => !WANTED.test(line));
        expect(walk(ours)).toEqual(walk(real));
        const words = (lines: readonly string[], wanted: string) =>
          (lines.find((line) => line.includes(wanted)) ?? '')
            .replace(/^.*?client/, 'client')
            .split(/\s+/)
            .filter((word) => word !== '');
        const out = words(real, 'client passdb out');
        expect(words(ours, 'client passdb out').toSorted()).toEqual(out.toSorted());
        for (const word of words(ours, 'client in')) expect(words(real, 'client in')).toContain(word);
      },
    );
  });
});
