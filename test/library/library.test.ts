import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import * as dvproxy from '../../src/cli/library.js';

test('the example of docs/library.md prints what the page says', async () => {
  const page = readFileSync('docs/library.md', 'utf8');
  const code = /```js\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
  const [, names = ''] = /import \{(.*)\} from 'dvproxy';/.exec(code) ?? [];
  const expected = /\/\/ (.*)\n$/.exec(code)?.[1];
  const printed: unknown[][] = [];
  const body = code.replace(/^import .*$/m, `const {${names}} = dvproxy;`);
  const run = Object.getPrototypeOf(async () => undefined).constructor('dvproxy', 'console', body);
  await run(dvproxy, { log: (...values: unknown[]) => printed.push(values) });
  expect(printed.map((values) => values.join(' '))).toEqual([expected]);
});

test('a configuration that Dovecot refuses is not asked', async () => {
  expect(() => dvproxy.loadConfig('/nonexistent/dovecot.conf')).toThrow(dvproxy.UnreadableMainFile);
  const loaded = dvproxy.loadConfig('fixtures/guide/as-written/proxy/dovecot.conf');
  expect(loaded.refusal).not.toBeNull();
  await expect(dvproxy.simulate(loaded, 'bob')).rejects.toThrow('Dovecot refuses this configuration: ');
});
