import { type ChildProcess, spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { type DovecotVersion, type Series, seriesOf } from '../../../src/knowledge/versions.js';
import { DOVECOT_24_ROOT } from './dovecot-2.4-root.js';
import { freePort } from './mariadb.js';

/** User `nobody`: mailboxes belong to somebody who is not root. */
const MAIL_ID = 65534;

/** Why no Dovecot server of this version can be started here; null: it can. */
export function dovecotServerMissing(version: DovecotVersion): string | null {
  if (process.getuid?.() !== 0) return 'Dovecot needs root';
  const program = version === '2.4.1' ? join(DOVECOT_24_ROOT, 'usr/sbin/dovecot') : '/usr/sbin/dovecot';
  return existsSync(program) ? null : `${program} is not installed`;
}

export interface BackendOptions {
  /** passwd-file lines, `user:password`. */
  readonly users: readonly string[];
  /** More of the configuration. `@DIR@` is the server's folder. */
  readonly settings?: string;
  /** Files of the folder by name. */
  readonly files?: Readonly<Record<string, Buffer | string>>;
}

/** A real Dovecot with mailboxes: its own folder, IMAP on a free port of 127.0.0.1. */
export interface DovecotServer {
  readonly port: number;
  /** Users whose logins arrived here, in order. */
  logins(): string[];
  log(): string;
  stop(): Promise<void>;
}

const COMMON: Readonly<Record<Series, string>> = {
  '2.3': `base_dir = @DIR@/run
state_dir = @DIR@/state
log_path = @DIR@/log
listen = 127.0.0.1
protocols = imap
disable_plaintext_auth = no
auth_failure_delay = 0
auth_verbose = yes
ssl = no
mail_location = maildir:@DIR@/mail/%u
first_valid_uid = 1
default_internal_user = dovecot
default_login_user = dovenull
service imap-login {
  inet_listener imap {
    port = @PORT@
  }
  inet_listener imaps {
    port = 0
  }
}
passdb {
  driver = passwd-file
  args = scheme=PLAIN username_format=%u @DIR@/users
}
userdb {
  driver = static
  args = uid=${MAIL_ID} gid=${MAIL_ID} home=@DIR@/mail/%u
}
`,
  '2.4': `dovecot_config_version = 2.4.1
dovecot_storage_version = 2.4.1
base_dir = @DIR@/run
state_dir = @DIR@/state
log_path = @DIR@/log
listen = 127.0.0.1
protocols {
  imap = yes
}
auth_allow_cleartext = yes
auth_failure_delay = 0
auth_verbose = yes
ssl = no
mail_driver = maildir
mail_path = @DIR@/mail/%{user}
first_valid_uid = 1
service imap-login {
  inet_listener imap {
    port = @PORT@
  }
  inet_listener imaps {
    port = 0
  }
}
passdb passwd-file {
  passwd_file_path = @DIR@/users
  default_password_scheme = PLAIN
}
userdb static {
  fields {
    uid = ${MAIL_ID}
    gid = ${MAIL_ID}
    home = @DIR@/mail/%{user}
  }
}
`,
};

/**
 * A login process that greets may still wait for the auth process, and says so to its clients: the server is ready
 * when a login has an answer.
 */
function answersLogin(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    // From an address of its own: the failure counts against nobody.
    const socket = connect({ port, host: '127.0.0.1', localAddress: '127.9.9.9' });
    let heard = '';
    const done = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.on('data', (chunk: Buffer) => {
      if (heard === '') socket.write('a LOGIN nobody wrong\r\n');
      heard += chunk.toString('latin1');
      if (/^a (OK|NO|BAD)/m.test(heard)) done(true);
    });
    socket.once('error', () => done(false));
    socket.once('close', () => done(false));
  });
}

export async function startDovecot(version: DovecotVersion, options: BackendOptions): Promise<DovecotServer> {
  const root = version === '2.4.1' ? DOVECOT_24_ROOT : '';
  const folder = mkdtempSync(join(root, '/tmp/dvproxy-dovecot-'));
  const inside = folder.slice(root.length);
  chmodSync(folder, 0o755);
  mkdirSync(join(folder, 'mail'));
  chownSync(join(folder, 'mail'), MAIL_ID, MAIL_ID);
  const port = await freePort();
  const filled = (text: string) => text.replaceAll('@DIR@', inside).replaceAll('@PORT@', String(port));
  for (const [name, content] of Object.entries(options.files ?? {}))
    writeFileSync(join(folder, name), content);
  writeFileSync(join(folder, 'users'), `${options.users.join('\n')}\n`);
  writeFileSync(join(folder, 'dovecot.conf'), filled(COMMON[seriesOf(version)] + (options.settings ?? '')));
  const command = ['dovecot', '-F', '-c', join(inside, 'dovecot.conf')];
  const [program = '', ...args] = root === '' ? command : ['chroot', root, ...command];
  let said = '';
  const child: ChildProcess = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
  const log = () => (existsSync(join(folder, 'log')) ? readFileSync(join(folder, 'log'), 'utf8') : '');
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      const ended = new Promise<void>((resolve) => {
        child.once('exit', () => resolve());
      });
      child.kill('SIGTERM');
      await ended;
    }
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  };
  for (let attempt = 0; !(await answersLogin(port)); attempt++) {
    if (child.exitCode !== null || attempt > 600) {
      const story = `${said}\n${log()}`;
      await stop();
      throw new Error(`Dovecot ${version} did not start: ${story.slice(-2000)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    port,
    log,
    logins: () =>
      [...log().matchAll(/imap-login: Info: (?:Login|Logged in): user=<([^>]*)>/g)].map(
        (match) => match[1] ?? '',
      ),
    stop,
  };
}
