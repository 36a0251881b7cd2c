import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { nodeConfigHost } from '../../../src/cli/node-host.js';
import type { ConfigHost } from '../../../src/config/host.js';
import { loadForDump } from '../../../src/config/load.js';
import { answerOf, firstError } from './doveconf-run.js';

const corpus = new URL('../../../../shared/corpus/', import.meta.url).pathname;
const available = existsSync(`${corpus}index.json`);
if (!available) console.warn(`corpus tests skipped: ${corpus} is not there`);

// Debian's packages each switch their protocol on in /usr/share/dovecot/protocols.d.
const PROTOCOLS: Readonly<Record<string, string>> = {
  imapd: 'imap',
  lmtpd: 'lmtp',
  managesieved: 'sieve',
  pop3d: 'pop3',
  submissiond: 'submission',
};
const PACKAGED = '/usr/share/dovecot/protocols.d/';

const machine = nodeConfigHost();
const host: ConfigHost = {
  ...machine,
  readFile: (path) => {
    const protocol = path.startsWith(PACKAGED) ? PROTOCOLS[path.slice(PACKAGED.length, -9)] : undefined;
    return protocol === undefined
      ? machine.readFile(path)
      : Buffer.from(`protocols {\n  ${protocol} = yes\n}\n`);
  },
  glob: (pattern) =>
    pattern === `${PACKAGED}*.protocol`
      ? Object.keys(PROTOCOLS).map((name) => `${PACKAGED}${name}.protocol`)
      : machine.glob(pattern),
  environment: {},
};

interface CorpusSet {
  readonly slug: string;
  readonly main: string;
  readonly exit?: Readonly<Record<string, number>>;
}

const sets: readonly CorpusSet[] = available
  ? JSON.parse(readFileSync(`${corpus}index.json`, 'utf8')).filter(
      (set: CorpusSet) => set.exit?.['2.4.1'] !== undefined,
    )
  : [];

// Of the machine that recorded them, not of the configuration.
const OF_THE_MACHINE = /^setmntent\(/;

describe.skipIf(!available)('configurations that other people wrote, as doveconf 2.4.1 -n answers', () => {
  test.each(sets)('$slug', ({ slug, main }) => {
    const recorded = readFileSync(`${corpus}${slug}/expected-2.4.1.txt`, 'latin1');
    const lines = [...recorded.matchAll(/^stderr: (.*)$/gm)].map((match) => match[1] ?? '');
    const mark = '--- stdout\n';
    const at = recorded.indexOf(mark);
    const folder = `${corpus}${slug}`;
    const config = loadForDump({
      path: `/etc/dovecot/${main}`,
      host,
      version: '2.4.1',
      maps: ['/etc/dovecot', '/usr/local/etc/dovecot'].map((from) => ({ from, to: folder })),
    });
    const answer = answerOf(config, ['-n']);
    const error = firstError(lines);
    expect(answer.error).toBe(OF_THE_MACHINE.test(error) ? '' : error);
    expect(answer.stdout).toBe(recorded.slice(at + mark.length));
  });
});
