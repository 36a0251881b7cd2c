import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DovecotVersion } from '../../src/knowledge/versions.js';
import { DOVECOT_24_ROOT } from '../real/servers/dovecot-2.4-root.js';

/** What a real doveconf said to one file. */
export interface RealAnswer {
  readonly stdout: string;
  readonly stderr: string;
  readonly exit: number;
}

/** The root directory that a version is installed in; '' for the machine's own. */
export function rootOf(version: DovecotVersion): string {
  switch (version) {
    case '2.3.19.1':
      return '';
    case '2.3.21.1':
      return '/var/cache/dvproxy/bookworm-backports';
    case '2.4.1':
      return DOVECOT_24_ROOT;
    case '2.4.5':
      return '/var/cache/dvproxy/forky';
  }
}

/** An installed doveconf, asked about many files in one go: starting a shell for each costs more than the program. */
export class InstalledDoveconf {
  /** Where its files are, for this process and for doveconf. */
  readonly folder: string;
  readonly inside: string;
  readonly #root: string;

  constructor(version: DovecotVersion) {
    this.#root = rootOf(version);
    this.folder = mkdtempSync(join(this.#root, '/tmp/dvproxy-config-'));
    this.inside = this.folder.slice(this.#root.length);
  }

  /** Why that version cannot be asked here; null: it can. */
  static missing(version: DovecotVersion): string | null {
    if (version === '2.4.1')
      return existsSync(`${DOVECOT_24_ROOT}/usr/bin/doveconf`)
        ? null
        : `no Dovecot 2.4.1 in ${DOVECOT_24_ROOT}`;
    const installed = spawnSync('dovecot', ['--version'], { encoding: 'utf8' }).stdout ?? '';
    return installed.startsWith('2.3.19.1') ? null : 'no Dovecot 2.3.19.1 in PATH';
  }

  /** The files stay until the next question, as `INSIDE/NUMBER.conf`. */
  ask(texts: readonly string[], args: readonly string[]): RealAnswer[] {
    for (const [i, text] of texts.entries()) writeFileSync(join(this.folder, `${i}.conf`), text, 'latin1');
    const words = args.map((argument) => `'${argument.replaceAll("'", "'\\''")}'`).join(' ');
    // 2.4 takes no options behind the first name.
    const script = [
      `cd ${this.inside}`,
      'i=0',
      `while [ $i -lt ${texts.length} ]; do`,
      `doveconf -c ${this.inside}/$i.conf ${words} > $i.out 2> $i.err`,
      'echo $? > $i.exit',
      'i=$((i + 1))',
      'done',
    ].join('\n');
    if (this.#root === '') execFileSync('sh', ['-c', script]);
    else execFileSync('chroot', [this.#root, 'sh', '-c', script]);
    const read = (name: string) => readFileSync(join(this.folder, name), 'latin1');
    return texts.map((_, i) => ({
      stdout: read(`${i}.out`),
      stderr: read(`${i}.err`),
      exit: Number(read(`${i}.exit`)),
    }));
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
