import { expect, test } from 'vitest';
import { withLateOptimizing } from '../../src/cli/late-optimizing.js';

test('files are read as the host reads them, whatever their size', () => {
  const files = new Map([
    ['small', Buffer.from('a = b\n')],
    ['large', Buffer.alloc(200_000, 'a')],
  ]);
  const host = withLateOptimizing({
    environment: { A: 'b' },
    glob: (pattern) => [pattern],
    isDirectory: (path) => path === '/',
    readFile: (path) => files.get(path) ?? Buffer.alloc(0),
  });
  for (const [name, bytes] of files) expect(host.readFile(name)).toBe(bytes);
  expect([host.glob('x'), host.isDirectory('/'), host.environment]).toEqual([['x'], true, { A: 'b' }]);
});
