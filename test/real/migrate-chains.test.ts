import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { nodeConfigHost } from '../../src/cli/node-host.js';
import { migrate } from '../../src/migrate/migrate.js';
import { caseFolder } from '../auth/case-chain.js';
import { type CaseChain, type ChainCase, chainCases, ruleMatrix } from '../auth/chain-cases.js';
import { answerOf, KNOWN_DIFFERENCES, recordedAnswer } from '../migrate/auth/chain-answers.js';
import { AuthSocket, type SocketReply } from './servers/auth-socket.js';
import { type DovecotAuth, dovecotMissing, startDovecotAuth } from './servers/dovecot-auth.js';

const vectors = chainCases();
const chains = vectors.chains.filter(({ version }) => version === '2.3.19.1');

/** A chain that asks for settings of the whole auth process, or for the name of the service. */
function isAlone({ config, cases, files }: CaseChain): boolean {
  const blocks = /^(?:passdb|userdb)[^\n]*\{[\s\S]*?^\}\n/gm;
  const texts = Object.values(files).map((index) => vectors.texts[index] ?? '');
  return (
    /^auth_(?:proxy|mechanisms = plain$)/m.test(config.replaceAll(blocks, '')) ||
    cases.some(({ request }) => request.service !== undefined || request.op === 'user') ||
    [config, ...texts].some((text) => /%s|service/.test(text))
  );
}

/** A whole 2.3 configuration, migrated and started with real 2.4.1. */
async function startMigrated(
  config: string,
  files: Readonly<Record<string, string>>,
  databases: Readonly<Record<string, string>> = {},
): Promise<DovecotAuth> {
  const old = await caseFolder(vectors, { version: '2.3.19.1', config, files });
  try {
    const migration = migrate(old.load(), { target: '2.4.1', host: nodeConfigHost() });
    const now = Object.fromEntries(
      migration.files.map(({ path, text }) => [path, text.replaceAll(old.path, '@DIR@')] as const),
    );
    return startDovecotAuth({
      version: '2.4.1',
      bare: true,
      // 2.3 has no delay behind internal failures that could be set to nothing.
      config: `${now['dovecot.conf'] ?? ''}\nauth_internal_failure_delay = 0\n`,
      files: { ...files, ...now },
      prepare: (folder) => {
        for (const [name, sql] of Object.entries(databases)) {
          const database = new Sqlite(join(folder, name));
          database.exec(sql);
          database.close();
        }
      },
    });
  } finally {
    old.remove();
  }
}

/** Sockets of an auth process that runs. */
class Questions {
  readonly #run: string;
  readonly #sockets = new Map<string, AuthSocket>();

  constructor(server: DovecotAuth) {
    // The auth process starts with its first client.
    server.doveadm(['auth', 'test', 'nobody', 'x']);
    this.#run = join(server.realDirectory, 'run');
  }

  #socket(name: string): AuthSocket {
    const socket = this.#sockets.get(name) ?? new AuthSocket(join(this.#run, name), name === 'auth-userdb');
    this.#sockets.set(name, socket);
    return socket;
  }

  async ask({ request }: ChainCase, protocol: string): Promise<{ stdout: string; stderr: string }> {
    const { user, master_user: master, mech, op, lip, rip, info = {} } = request;
    const password = op === 'lookup' ? null : (request.password ?? '');
    const socket = this.#socket(
      op === 'lookup' ? 'auth-userdb' : op === 'login' ? 'login/login' : 'auth-client',
    );
    const reply = await socket.ask({
      user: bytes(master ?? user),
      password: password === null ? null : bytes(password),
      mechanism: mech === 'LOGIN' ? 'LOGIN' : 'PLAIN',
      authorizationId: master === undefined ? '' : bytes(user),
      parameters: [
        `protocol=${protocol}`,
        ...(lip === undefined ? [] : [`lip=${lip}`]),
        ...(rip === undefined ? [] : [`rip=${rip}`]),
        ...Object.entries(info)
          .filter(([name]) => !name.startsWith('forward_'))
          .map(([name, value]) => `${name}=${value}`),
        ...forwarded(info),
      ],
    });
    return said(user, reply);
  }

  close(): void {
    for (const socket of this.#sockets.values()) socket.close();
  }
}

function bytes(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** `forward_x=1` goes as one parameter. */
function forwarded(info: Readonly<Record<string, string>>): string[] {
  const fields = Object.entries(info).filter(([name]) => name.startsWith('forward_'));
  if (fields.length === 0) return [];
  const text = fields.map(([name, value]) => `${name.slice('forward_'.length)}=${value}`).join('\t');
  return [`forward_fields=${text}`];
}

/** A reply as doveadm prints it. */
function said(user: string, { kind, fields }: SocketReply): { stdout: string; stderr: string } {
  const lines = fields.map((field) => `  ${Buffer.from(field, 'latin1').toString('utf8')}\n`).join('');
  if (kind === 'OK') return { stdout: `passdb: ${user} auth succeeded\nextra fields:\n${lines}`, stderr: '' };
  if (kind === 'NOTFOUND') return { stdout: `passdb lookup: user ${user} doesn't exist\n`, stderr: '' };
  if (kind === 'PASS') return { stdout: `passdb: ${user}\n${lines}`, stderr: '' };
  const isLookup = kind === 'FAIL' && !fields.some((field) => field.startsWith('user='));
  return {
    stdout: `passdb: ${user} auth failed\nextra fields:\n${lines}`,
    stderr: isLookup ? 'lookup failed' : '',
  };
}

/** The folder of one chain among many. */
function moved(chain: CaseChain, folder: string) {
  const text = (index: number): string => (vectors.texts[index] ?? '').replaceAll('@DIR@', `@DIR@/${folder}`);
  const named = (files: Readonly<Record<string, number>>) =>
    Object.fromEntries(Object.entries(files).map(([name, index]) => [`${folder}/${name}`, text(index)]));
  return {
    config: chain.config.replaceAll('@DIR@', `@DIR@/${folder}`),
    files: named(chain.files),
    databases: named(chain.databases ?? {}),
  };
}

const NOBODY =
  'passdb last {\n  driver = static\n  args = password=zz\n  username_filter = no-such-user\n}\n';

describe('chains of 2.3, migrated', () => {
  const missing = dovecotMissing('2.4.1');
  if (missing !== null) {
    console.log(`skipped: ${missing}`);
    if (process.env['CI'] === 'true') test('Dovecot is installed', () => expect(missing).toBeNull());
    return;
  }

  const check = (each: ChainCase, { stdout, stderr }: { stdout: string; stderr: string }): void => {
    const id = each.id.split('@')[0] ?? '';
    const now = answerOf(stdout, stderr, each.request.op === 'login');
    const before = recordedAnswer(each);
    if (!KNOWN_DIFFERENCES.has(id)) expect.soft({ id, ...now }).toEqual({ id, ...before });
    else expect.soft(now, id).not.toEqual(before);
  };
  const comparable = (chain: CaseChain): ChainCase[] =>
    chain.cases.filter(({ result }) => result !== 'exit-64');

  test('answer in 2.4.1 as recorded of 2.3, each as a protocol of its own', {
    timeout: 120_000,
  }, async () => {
    const many = chains
      .filter((chain) => !isAlone(chain))
      .map((chain, at) => ({ chain, ...moved(chain, `x${at}`) }));
    const blocks = many
      .map(({ config }, at) => `protocol x${at} {\n${config.replaceAll(/^auth_mechanisms.*\n/gm, '')}}\n`)
      .join('');
    const server = await startMigrated(
      `auth_mechanisms = plain login\n${blocks}${NOBODY}`,
      Object.assign({}, ...many.map(({ files }) => files)),
      Object.assign({}, ...many.map(({ databases }) => databases)),
    );
    try {
      const questions = new Questions(server);
      for (const [at, { chain }] of many.entries()) {
        const asked = comparable(chain).map(async (each) => check(each, await questions.ask(each, `x${at}`)));
        await Promise.all(asked);
      }
      questions.close();
    } finally {
      await server.stop();
    }
  });

  test('with settings of their own answer as recorded of 2.3', { timeout: 120_000 }, async () => {
    for (const chain of chains.filter(isAlone)) {
      const { config, files, databases } = moved(chain, 'x');
      const server = await startMigrated(config, files, databases);
      try {
        const questions = new Questions(server);
        const asked = comparable(chain).map(async (each) => {
          if (each.request.op !== 'user')
            check(each, await questions.ask(each, each.request.service ?? 'doveadm'));
          else {
            const { stdout, exitCode } = server.doveadm(['user', '-u', each.request.user]);
            expect
              .soft({ id: each.id, stdout, exitCode })
              .toEqual({ id: each.id, stdout: each.stdout, exitCode: each.exit });
          }
        });
        await Promise.all(asked);
        questions.close();
      } finally {
        await server.stop();
      }
    }
  });

  test('of two passdbs with all rules answer as recorded of 2.3', { timeout: 120_000 }, async () => {
    const { rows, users, answers } = ruleMatrix();
    const old = rows.filter(([version]) => version === '2.3.19.1');
    const blocks = old.map(
      ([, rule1, rule2, skip2], at) =>
        `protocol x${at} {\n${passdb(1, rule1, 'never')}${passdb(2, rule2, skip2)}}\n`,
    );
    const server = await startMigrated(`${blocks.join('')}${NOBODY}`, {
      p1: passwdFile(1, users),
      p2: passwdFile(2, users),
    });
    try {
      const questions = new Questions(server);
      for (const [at, [, rule1, rule2, skip2, wanted]] of old.entries()) {
        const found = await Promise.all(
          users.map(async (user) => {
            const each = { request: { user, password: 'pw' } } as ChainCase;
            const { stdout, stderr } = await questions.ask(each, `x${at}`);
            const { verdict, fields } = answerOf(stdout, stderr, false);
            const own = fields.filter((field) => !/^(?:user|code)=/.test(field));
            return [verdict, ...own].join(' ');
          }),
        );
        const before = (typeof wanted === 'string' ? [] : wanted).map((index) => {
          const [letter = '', text = ''] = (answers[index] ?? '').split(':');
          const verdict = { O: 'ok', F: 'fail', T: 'tempfail' }[letter] ?? letter;
          const own = text.split(' ').filter((field) => field !== '' && !/^(?:user|code)=/.test(field));
          return [verdict, ...own.sort()].join(' ');
        });
        expect
          .soft({ rules: [rule1, rule2, skip2], found })
          .toEqual({ rules: [rule1, rule2, skip2], found: before });
      }
      questions.close();
    } finally {
      await server.stop();
    }
  });
});

/** Entries for all users: what the look-up in passdb `number` comes to is a letter of the user's name. */
function passwdFile(number: 1 | 2, users: readonly string[]): string {
  return users
    .filter((user) => user.split('-')[number - 1] !== 'u')
    .map((user) => {
      const outcome = user.split('-')[number - 1];
      const broken = outcome === 'i' ? ' broken=%{nosuchvar}' : '';
      return `${user}:{PLAIN}${outcome === 'm' ? 'otherpw' : 'pw'}::::::f${number}=${number} common=${number}${broken}\n`;
    })
    .join('');
}

function passdb(number: 1 | 2, rule: string, skip: string): string {
  const rules = ['success', 'failure', 'internalfail']
    .map((result) => `  result_${result} = ${rule}\n`)
    .join('');
  return `passdb p${number} {\n  driver = passwd-file\n  args = @DIR@/p${number}\n  skip = ${skip}\n${rules}}\n`;
}
