import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { inFolder, runIn } from '../docs/console.js';
import { fencesOf } from '../docs/markdown.js';

// What `check --fix` makes of mistakes, asked of the real programs: doveconf accepts it, where `check` has no error left.

const ROOT_24 = process.env['DVPROXY_DOVECOT_24_ROOT'] ?? '/var/cache/dvproxy/debian-13';
const HAS: Readonly<Record<string, boolean>> = {
  '2.3': spawnSync('dovecot', ['--version'], { encoding: 'utf8' }).stdout?.startsWith('2.3.19') === true,
  '2.4': existsSync(`${ROOT_24}/usr/bin/doveconf`),
};
for (const [series, has] of Object.entries(HAS))
  if (!has) console.warn(`skipped: fixes beside doveconf ${series}, which is not installed`);

function doveconf(series: string, folder: string): number | null {
  const root = series === '2.3' ? '' : ROOT_24;
  const copy = mkdtempSync(`${root}/tmp/dvproxy-fixes-`);
  try {
    cpSync(folder, copy, { recursive: true });
    const command = `cd ${copy.slice(root.length)} && doveconf -n -c dovecot.conf`;
    const [program = 'sh', ...args] = [...(root === '' ? [] : ['chroot', root]), 'sh', '-c', command];
    return spawnSync(program, args, { encoding: 'utf8', timeout: 20_000 }).status;
  } finally {
    rmSync(copy, { recursive: true });
  }
}

const HEAD_24 = 'dovecot_config_version = 2.4.1\ndovecot_storage_version = 2.4.1\n';
const OWN: readonly [string, string, ReadonlyMap<string, string>][] = [
  [
    'many mistakes',
    '2.3',
    new Map([
      [
        'dovecot.conf',
        '\ufeffauth_verbose = TRUE\nauth_debug = "off"\nauth_cache_ttl = 30\nlogin_proxy_timeout = 5\nssl = no\n' +
          'passdb {\n  driver = pam\n  skip = notfound # why\n}\npassdb {\n  driver = shadow\n  skip = notfound\n}\nuserdb {\n  driver = passwd\n}\n',
      ],
    ]),
  ],
  [
    'many mistakes',
    '2.4',
    new Map([
      [
        'dovecot.conf',
        `${HEAD_24}auth_verbose = on\nauth_cache_ttl = 30\nssl_server_cert_file = </etc/passwd\n` +
          'passdb pam {\n  skip = notfound\n}\npassdb static {\n  fields {\n    user = %Lu\n  }\n}\n',
      ],
    ]),
  ],
];

const PAGES = readdirSync('docs/checks').flatMap((name): [string, string, ReadonlyMap<string, string>][] => {
  const fences = fencesOf(readFileSync(join('docs/checks', name), 'utf8'));
  const files = new Map(
    fences.flatMap(({ heading, file, text }) => (heading === 'Bad' && file !== null ? [[file, text]] : [])),
  );
  const main = files.get('dovecot.conf');
  if (main === undefined) return [];
  return [[name, /^\s*dovecot_config_version/.test(main) ? '2.4' : '2.3', files]];
});

describe.each([...OWN, ...PAGES].filter(([, series]) => HAS[series]))('%s (%s)', (name, series, files) => {
  test('is accepted after --fix', async () => {
    await inFolder(files, async (folder) => {
      const { text } = await runIn(folder, 'dvproxy check --fix --format json dovecot.conf');
      if (!/dvproxy: fixed [1-9]/.test(text)) {
        expect(name).toMatch(/^DV/);
        return;
      }
      const isClean = /"errors": 0,/.test(text);
      if (!name.startsWith('DV')) expect(isClean).toBe(true);
      if (isClean) expect(doveconf(series, folder)).toBe(0);
    });
  });
});
