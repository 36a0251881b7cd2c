import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import * as dvproxy from '../../src/cli/library.js';
import { folderWith } from '../simulate/command-line.js';

const PAGE = readFileSync('docs/library.md', 'utf8');
const EXAMPLES = [...PAGE.matchAll(/```js\n([\s\S]*?)```/g)].map(([, code = '']) => code);

test.each(EXAMPLES)('example %# of docs/library.md prints what the page says', async (code) => {
  const expected = /\/\/ (.*)\n$/.exec(code)?.[1];
  const printed: unknown[][] = [];
  const modules = new Map<string, unknown>([['dvproxy', dvproxy]]);
  for (const [, name = ''] of code.matchAll(/from '(node:\w+)';/g)) modules.set(name, await import(name));
  const body = code.replaceAll(
    /^import (\{.*\}) from '(.*)';$/gm,
    (_, names: string, from: string) => `const ${names} = modules.get('${from}');`,
  );
  const run = Object.getPrototypeOf(async () => undefined).constructor('modules', 'console', body);
  await run(modules, { log: (...values: unknown[]) => printed.push(values) });
  expect(printed.map((values) => values.join(' '))).toEqual([expected]);
});

test('a configuration that Dovecot refuses is not asked', async () => {
  expect(() => dvproxy.loadConfig('/nonexistent/dovecot.conf')).toThrow(dvproxy.UnreadableMainFile);
  const loaded = dvproxy.loadConfig('fixtures/guide/as-written/proxy/dovecot.conf');
  expect(loaded.refusal).not.toBeNull();
  await expect(dvproxy.simulate(loaded, 'bob')).rejects.toThrow('Dovecot refuses this configuration: ');
  await expect(dvproxy.createProxy(loaded)).rejects.toThrow(dvproxy.ChainRefused);
});

describe('a proxy in this process', () => {
  const files = {
    'proxy.conf': 'ssl = no\npassdb {\n  driver = static\n  args = password=x proxy=y host=192.0.2.1\n}\n',
    'broken.conf': 'passdb {\n  driver = nosuch\n}\n',
  };

  test('keeps its configuration where the next one cannot be served', async () => {
    const folder = folderWith(files);
    const lines: string[] = [];
    const good = dvproxy.loadConfig(`${folder.path}/proxy.conf`);
    const proxy = await dvproxy.createProxy(good, {
      listen: [{ protocol: 'imap' }, { protocol: 'sieve', address: '127.0.0.1', port: 0 }],
      log: (line) => lines.push(line),
    });
    try {
      expect(proxy.endpoints).toEqual([
        expect.stringMatching(/^imap=127\.0\.0\.1:\d+$/),
        expect.stringMatching(/^sieve=127\.0\.0\.1:\d+$/),
      ]);
      const broken = dvproxy.loadConfig(`${folder.path}/broken.conf`);
      await expect(proxy.reload(broken)).rejects.toThrow(dvproxy.ChainRefused);
      await proxy.reload(good);
    } finally {
      await proxy.stop();
      folder.remove();
    }
    expect(lines).toEqual([]);
  });

  test('rejects where an address is taken or a protocol is none', async () => {
    const folder = folderWith(files);
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const bound = taken.address();
    const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
    const loaded = dvproxy.loadConfig(`${folder.path}/proxy.conf`);
    try {
      await expect(dvproxy.createProxy(loaded, { listen: [{ protocol: 'imap', port }] })).rejects.toThrow(
        /in use/i,
      );
      const wrong = { protocol: 'gopher' } as unknown as dvproxy.ListenAddress;
      await expect(dvproxy.createProxy(loaded, { listen: [wrong] })).rejects.toThrow(
        'protocol gopher is not served: there are imap, ',
      );
    } finally {
      taken.close();
      folder.remove();
    }
  });
});
