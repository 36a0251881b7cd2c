import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { FileProbe } from '../../src/check/file-probe.js';
import { check } from '../../src/check/runner.js';
import { loadConfig } from '../../src/config/load.js';

const NOW = Date.UTC(2026, 0, 1);

function codes(certificate: string, key: string, mode = 0o600, now = NOW, mapped = false): string[] {
  const text = `ssl = required\nssl_cert = </tls/${certificate}\nssl_key = </tls/${key}\n`;
  const host = {
    readFile: (path: string) => {
      if (path === '/etc/dovecot/dovecot.conf') return Buffer.from(text);
      return readFileSync(`fixtures${path}`);
    },
    glob: () => [],
    isDirectory: () => false,
    environment: {},
  };
  const files: FileProbe = {
    isMapped: () => mapped,
    look: (path) =>
      path.includes('missing')
        ? { kind: 'missing' }
        : { kind: 'file', realPath: path, mode, read: () => readFileSync(`fixtures${path}`) },
  };
  const config = loadConfig({ path: '/etc/dovecot/dovecot.conf', host });
  return check(config, { files, now })
    .filter(({ code }) => /^DV51[0-3]$/.test(code))
    .map(({ code, severity, place }) => `${code} ${severity} ${place?.source.lineAt(place.span.start)}`);
}

describe('TLS files', () => {
  test.each([
    ['a good pair', codes('proxy.pem', 'proxy.key'), []],
    ['a missing key', codes('proxy.pem', 'missing.key'), ['DV510 error 3']],
    ['the key of another', codes('proxy.pem', 'backend.key'), ['DV512 error 3']],
    ['a key for everybody', codes('proxy.pem', 'proxy.key', 0o644), ['DV513 warning 3']],
    ['a copy of a key', codes('proxy.pem', 'proxy.key', 0o644, NOW, true), []],
    ['an expired one', codes('proxy.pem', 'proxy.key', 0o600, Date.UTC(2124, 0, 2)), ['DV511 error 2']],
    ['one that expires', codes('proxy.pem', 'proxy.key', 0o600, Date.UTC(2123, 11, 20)), ['DV511 warning 2']],
  ])('%s', (_name, found, expected) => {
    expect(found).toEqual(expected);
  });
});
