import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type CorpusSet, corpusSets } from '../conformance/corpus.js';
import { migrateCorpusSet } from '../migrate/migrated.js';
import { DOVECOT_24_ROOT } from './servers/dovecot-2.4-root.js';
import { dovecotMissing } from './servers/dovecot-auth.js';

const missing = dovecotMissing('2.4.1');
if (missing !== null && process.env['CI'] === 'true') throw new Error(missing);
/** Of all sets every sixth is started; DVPROXY_EVERY=1 starts all. */
const EVERY = Number(process.env['DVPROXY_EVERY'] ?? 6);
const sets = corpusSets('2.3.19.1')
  .filter(({ exit }) => exit?.['2.3.19.1'] === 0)
  .filter(hasChain)
  .filter((_, at) => at % EVERY === 0);
const reason = missing ?? (sets.length === 0 ? 'the corpus is not here' : null);
if (reason !== null) console.warn(`migrated corpus at real 2.4.1 skipped: ${reason}`);

/** Whether 2.3 itself would start: the set has passdbs, and all files that they name. */
function hasChain(set: CorpusSet): boolean {
  const { config, migration } = migrateCorpusSet(set);
  const codes = new Set<string>(migration.changes.map(({ code }) => code));
  const { passdbs } = config.effective.auth();
  return passdbs.some(({ driver }) => driver !== 'lua') && !codes.has('DV786') && !codes.has('DV776');
}

/** What belongs to the other machine: its users, folders and certificates. */
function forThisMachine(text: string): string {
  return text
    .replaceAll(/^(\s*)(user|group|extra_groups) ?= ?(?!.*%).*$/gm, '$1$2 = root')
    .replaceAll(
      /^(\s*unix_listener) \/?(\S+)( ?\{)/gm,
      (_, head: string, path: string, brace: string) => `${head} ${path.replaceAll('/', '-')}${brace}`,
    )
    .replaceAll(
      /^\s*(?:ssl_\w*file|crypt_\w*file|base_dir|state_dir|libexec_dir|\w*plugin_dir|instance_name|listen|protocols|\w*log_path|default_internal_\w+|default_login_user|import_environment) ?= ?.*$/gm,
      '',
    )
    .replaceAll(/^(\s*port ?= ?)\d+.*$/gm, '$10')
    .replaceAll(/^\s*executable ?= ?\/.*$/gm, '')
    .replaceAll(/^\s*\w+ = <.*$/gm, '');
}

const OWN = `
base_dir = @DIR@/run
state_dir = @DIR@/state
log_path = @DIR@/log
protocols =
listen = 127.0.0.1
ssl = no
auth_failure_delay = 0
auth_internal_failure_delay = 0
`;

function run(args: readonly string[]): Promise<{ code: number | null; text: string }> {
  return new Promise((resolve) => {
    const child = spawn('chroot', [DOVECOT_24_ROOT, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
    child.on('exit', (code) => resolve({ code, text }));
  });
}

describe.skipIf(reason !== null)('real 2.4.1 with migrated configurations of other people', () => {
  const folder = reason === null ? mkdtempSync(join(DOVECOT_24_ROOT, '/tmp/dvproxy-start-')) : '';
  if (folder !== '') chmodSync(folder, 0o755);
  afterAll(() => {
    if (folder !== '') rmSync(folder, { recursive: true, force: true });
  });

  async function answers(set: CorpusSet): Promise<string> {
    const own = join(folder, set.slug);
    const inside = own.slice(DOVECOT_24_ROOT.length);
    for (const { path, text } of migrateCorpusSet(set).migration.files) {
      const file = join(own, path);
      mkdirSync(dirname(file), { recursive: true });
      const more = path === set.main ? OWN.replaceAll('@DIR@', inside) : '';
      writeFileSync(file, forThisMachine(text) + more, 'latin1');
    }
    const main = join(inside, set.main);
    const log = (): string => (existsSync(join(own, 'log')) ? readFileSync(join(own, 'log'), 'utf8') : '');
    const server = spawn('chroot', [DOVECOT_24_ROOT, 'dovecot', '-F', '-c', main], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [server.stdout, server.stderr])
      stream.on('data', (chunk: Buffer) => {
        said += chunk.toString();
      });
    const ended = new Promise((resolve) => server.once('exit', resolve));
    for (let attempt = 0; attempt < 100 && server.exitCode === null && !/starting up/.test(log()); attempt++)
      await new Promise((resolve) => setTimeout(resolve, 50));
    const { code, text } =
      server.exitCode === null
        ? await run(['doveadm', '-c', main, 'auth', 'test', 'nobody@example.com', 'x'])
        : { code: server.exitCode, text: 'it ended' };
    server.kill('SIGTERM');
    await ended;
    const fatal = `${said}\n${log()}`.split('\n').filter((line) => /Fatal|Panic/.test(line))[0];
    return fatal ?? (code === 0 || code === 75 || code === 77 ? 'answers' : `${code}: ${text}`);
  }

  test('starts and answers', { timeout: 300_000 }, async () => {
    const found = new Map<string, string>();
    const rest = [...sets];
    const worker = async (): Promise<void> => {
      for (let set = rest.shift(); set !== undefined; set = rest.shift())
        found.set(set.slug, await answers(set));
    };
    await Promise.all([worker(), worker(), worker(), worker()]);
    const silent = [...found]
      .filter(([, said]) => said !== 'answers')
      .map(([slug, said]) => `${slug}: ${said}`);
    if (EVERY === 1) console.log(`${found.size} sets`);
    expect(found.size).toBeGreaterThan(4);
    expect(silent).toEqual([]);
  });
});
