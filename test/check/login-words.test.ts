import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { inFolder, runIn } from '../docs/console.js';

// Dovecot's words about fields of a passdb are those that it logged in the recorded conversations.

interface Recorded {
  readonly name: string;
  readonly log: readonly string[];
}

function logOf(version: string, name: string): string {
  const lines = readFileSync(`fixtures/transcripts/imap-${version}.ndjson`, 'utf8').split('\n');
  const found = lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Recorded);
  const all = found.filter((one) => one.name === name).flatMap(({ log }) => log);
  return all.join('\n').replaceAll(/proxy\([^)]*\)/g, 'proxy(USER)');
}

function recordedWith(version: string, field: string): string[] {
  const lines = readFileSync(`fixtures/transcripts/imap-${version}.ndjson`, 'utf8').split('\n');
  return lines.filter((line) => line.includes(field)).map((line) => (JSON.parse(line) as Recorded).name);
}

const BASE = 'proxy=y nopassword=y host=127.0.0.1';
const FIELDS = ['port=0', 'port=abc', 'proxy_mech=CRAM-MD5', 'proxy_timeout=junk', 'hostip=notanip'];

test.each((['2.3.19.1', '2.4.1'] as const).flatMap((version) => FIELDS.map((field) => ({ version, field }))))(
  '$field of $version',
  async ({ version, field }) => {
    const [name = '', value = ''] = field.split('=');
    const text =
      version === '2.3.19.1'
        ? `passdb {\n  driver = static\n  args = ${BASE} ${field}\n}\n`
        : `dovecot_config_version = 2.4.1\ndovecot_storage_version = 2.4.1\npassdb static {\n  fields {\n${[...BASE.split(' '), field].map((one) => `    ${one.replace('=', ' = ')}\n`).join('')}  }\n}\n`;
    const { text: output } = await inFolder(new Map([['dovecot.conf', text]]), (folder) =>
      runIn(folder, 'dvproxy check --format json dovecot.conf'),
    );
    const { diagnostics } = JSON.parse(output) as {
      diagnostics: { message: string; dovecot: { message: string; stage: string } | null }[];
    };
    const said = diagnostics
      .flatMap(({ dovecot }) => dovecot ?? [])
      .filter(({ message }) => message.includes(value));
    expect(said.map(({ stage }) => stage)).toEqual(['runtime']);
    const logs = recordedWith(version, `${name}=${value}`).map((one) => logOf(version, one));
    expect(logs.join('\n')).toContain(said[0]?.message);
  },
);
