import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dvproxy, folderWith } from './command-line.js';

let folder: ReturnType<typeof folderWith>;

beforeAll(() => {
  const file = (name: string, more = '') =>
    `passdb ${name} {\n  driver = passwd-file\n  args = scheme=PLAIN @DIR@/${name}\n${more}}\n`;
  folder = folderWith({
    'chain.conf': [
      file('denied', '  deny = yes\n'),
      file('bosses', '  master = yes\n  result_success = continue\n'),
      file('users', '  result_failure = return-fail\n'),
      file('late'),
    ].join(''),
    'dead-end.conf': file('users', '  result_success = return\n  result_internalfail = return-ok\n'),
    'filtered.conf': `${file('"a<b"', '  username_filter = *@a\n').replace('/"a<b"', '/users')}${file('users')}`,
    denied: '',
    bosses: 'boss:secret\n',
    users: 'bob:secret\n',
    late: '',
  });
});

afterAll(() => folder.remove());

const graph = async (conf: string, ...args: string[]) => {
  const { exit, stdout, stderr } = await dvproxy(['graph', '-c', join(folder.path, conf), ...args]);
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
  return stdout.replaceAll(folder.path, '@DIR@');
};

describe('the picture of a chain', () => {
  test('shows where each result leads, who comes back from master users, and what is never reached', async () => {
    expect(await graph('chain.conf')).toBe(`login
   -> 1. denied (passwd-file)
master login
   -> 2. bosses (passwd-file)
1. denied (passwd-file)  @DIR@/chain.conf:1  [deny]
   the user is there: deny         -> refused
   the user is not there: continue -> 3. users (passwd-file)
   internal failure: deny          -> temporary failure
2. bosses (passwd-file)  @DIR@/chain.conf:6  [master users only]
   ok: continue                  -> 1. denied (passwd-file)
   mismatch or unknown: continue -> refused
   internal failure: continue    -> temporary failure
3. users (passwd-file)  @DIR@/chain.conf:12
   ok: return-ok                    -> accepted
   mismatch or unknown: return-fail -> refused
   internal failure: continue       -> 4. late (passwd-file)
4. late (passwd-file)  @DIR@/chain.conf:17
   ok: return-ok                 -> accepted
   mismatch or unknown: continue -> temporary failure
   internal failure: continue    -> temporary failure
`);
  });

  test('marks dead ends and failures that are accepted', async () => {
    const text = await graph('dead-end.conf');
    expect(text).toMatch(/ok: return +-> refused {2}! dead end: the right password is refused/);
    expect(text).toMatch(/internal failure: return-ok +-> accepted {2}! accepted while the database is down/);
  });

  test('is a Mermaid flowchart, names with signs of its language included', async () => {
    const text = await graph('filtered.conf', '--format', 'mermaid');
    expect(text).toContain('passdb1["1. a#lt;b (passwd-file)<br/>username_filter = *@a"]');
    expect(text).toContain('login --> passdb1\n');
    expect(text).toContain('login --> passdb2\n');
    expect(await graph('dead-end.conf', '--format', 'mermaid')).toContain(
      'passdb1 ==>|"ok: return<br/>dead end: the right password is refused"| refused',
    );
  });

  test('is an SVG document in which no text breaks out', async () => {
    const svg = await graph('filtered.conf', '--format', 'svg');
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" viewBox="0 0 \d+ \d+"/);
    expect(svg).toContain('>1. a&lt;b (passwd-file)</text>');
    expect(svg.match(/<text/g)?.length).toBe(svg.match(/<\/text>/g)?.length);
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  });
});

test('--format mermaid draws the walk of one user', async () => {
  const { stdout } = await dvproxy([
    ...['simulate', 'bob', '-c', join(folder.path, 'chain.conf'), '--format', 'mermaid'],
  ]);
  expect(stdout).toContain(
    'step3 -->|"ok (password taken as right), result_success = return-ok: stops"| outcome',
  );
  expect(stdout).toContain('step1 -.- step2');
  expect(stdout).toContain('outcome(["logs in on this server, no proxying"]):::good');
});
