import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dvproxy, folderWith } from './command-line.js';

let folder: ReturnType<typeof folderWith>;

beforeAll(() => {
  folder = folderWith({
    'proxy.conf': 'passdb {\n  driver = passwd-file\n  args = scheme=PLAIN @DIR@/users\n}\n',
    users: 'bob:secret\n',
  });
});

afterAll(() => folder.remove());

const simulate = (...args: string[]) => dvproxy(['simulate', '-c', `${folder.path}/proxy.conf`, ...args]);

describe('names that nobody expects', () => {
  const names = [
    "o'brien",
    'a"b',
    '100%',
    '%u',
    '%{user}',
    'a\\b',
    'a\tb',
    '\u00e9',
    '',
    ' ',
    '*',
    'x'.repeat(10_000),
  ];
  test.each(names)('%j is answered', async (name) => {
    const { exit, stdout, stderr } = await simulate('--format', 'json', '--', name);
    expect({ exit, stderr }).toEqual({ exit: 1, stderr: '' });
    expect(JSON.parse(stdout).user).toBe(name);
    expect((await simulate('--', name)).exit).toBe(1);
  });
});
