import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { nodeConfigHost } from '../../../src/cli/node-host.js';
import type { ConfigHost } from '../../../src/config/host.js';
import { loadForDump } from '../../../src/config/load.js';
import { answerOf, withoutHostLines } from './doveconf-answer.js';

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
      : Buffer.from(`protocols = $protocols ${protocol}\n`);
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
      (set: CorpusSet) => set.exit?.['2.3.19.1'] !== undefined,
    )
  : [];

describe.skipIf(!available)('configurations that other people wrote, as doveconf 2.3.19.1 -n answers', () => {
  test.each(sets)('$slug', ({ slug, main, exit }) => {
    const folder = `${corpus}${slug}`;
    const recorded = readFileSync(`${folder}/expected-2.3.19.1.txt`, 'latin1');
    const config = loadForDump({
      path: `/etc/dovecot/${main}`,
      host,
      version: '2.3.19.1',
      maps: [
        { from: '/etc/dovecot', to: folder },
        { from: '/usr/local/etc/dovecot', to: folder },
      ],
    });
    const answer = answerOf(config, ['-n']);
    if (exit?.['2.3.19.1'] === 0) {
      expect(answer.error).toBe('');
      const mark = '--- stdout\n';
      expect(answer.stdout).toBe(withoutHostLines(recorded.slice(recorded.indexOf(mark) + mark.length)));
    } else {
      const first = /^first-error: doveconf: (?:Error|Fatal): (.*)$/m.exec(recorded)?.[1];
      expect(answer.error).toBe(first);
    }
  });
});
