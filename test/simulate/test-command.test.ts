import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { QUESTION_COLUMNS } from '../../src/simulate/question-columns.js';
import { TEST_FILE_MEMBERS } from '../../src/simulate/test-file.js';
import { dvproxy, folderWith } from './command-line.js';

let folder: ReturnType<typeof folderWith>;
const at = (name: string) => join(folder.path, name);

const PROXY = `protocols = imap
passdb users {
  driver = passwd-file
  args = scheme=PLAIN /srv/users
  override_fields = proxy=y
}
`;

beforeAll(() => {
  folder = folderWith({
    'proxy.conf': PROXY,
    'open.conf': PROXY.replace('override', 'result_failure = return-ok\n  override'),
    'refused.conf': 'passdb {\n  driver = static\n  skip = notfound\n}\n',
    users: 'bob:secret::::::host=192.0.2.1 ssl=any-cert\n',
    'good.yaml': `config: proxy.conf
map: { /srv: . }
defaults: { service: imap }
tests:
  - name: bob by TLS
    user: bob
    expect: { outcome: ok_proxy, host: 192.0.2.1, port: 993, verify: false, nologin: null, fail_open: no }
  - { user: bob, password: x, outcome: fail_password }
`,
    'bad.yaml': `config: open.conf
map: { /srv: . }
tests:
  - name: "100% <bob> # 1"
    user: bob
    expect: { host: 192.0.2.2, nologin: y, fail_open: false }
`,
    'refused.yaml': 'config: refused.conf\ntests:\n  - { user: bob, outcome: ok_local }\n',
    'typo.yaml': 'config: proxy.conf\ntest: []\n',
    'syntax.yaml': 'config: proxy.conf\ntests:\n  - { user: bob\n',
    'nothing.yaml': 'config: proxy.conf\ntests:\n  - { user: ann, outcome: ok_local }\n  - { user: bob }\n',
    'expected.yaml':
      '- { user: bob, outcome: ok_proxy, tls: implicit }\n- { user: ann, outcome: ok_proxy }\n',
  });
});

afterAll(() => folder.remove());

const run = async (...args: string[]) => {
  const { exit, stdout, stderr } = await dvproxy(['test', ...args]);
  return { exit, text: (stdout + stderr).replaceAll(`${folder.path}/`, '') };
};

describe('a file of tests', () => {
  test('passes where everything is as expected', async () => {
    expect(await run(at('good.yaml'))).toEqual({
      exit: 0,
      text: 'good.yaml\n   ok    bob by TLS\n   ok    bob\n2 tests, all as expected.\n',
    });
  });

  test('fails with what was expected and what came, at its line', async () => {
    expect(await run(at('bad.yaml'))).toEqual({
      exit: 1,
      text: `bad.yaml
   FAIL  100% <bob> # 1  line 4
         host       expected 192.0.2.2, got 192.0.2.1
         nologin    expected y, got none
         fail_open  expected no, got yes
1 test, 1 failed.
`,
    });
  });

  test('fails as a whole where Dovecot refuses the configuration', async () => {
    const { exit, text } = await run(at('refused.yaml'));
    expect(exit).toBe(1);
    expect(text).toContain('doveconf: Fatal: ');
  });

  test('that cannot be read is wrong usage, with the line', async () => {
    expect((await run(at('typo.yaml'))).text).toContain('typo.yaml: unknown member test; there are config,');
    expect((await run(at('syntax.yaml'))).text).toMatch(/syntax\.yaml: line \d+: /);
    expect(await run(at('nothing.yaml'))).toMatchObject({
      exit: 2,
      text: expect.stringContaining('nothing.yaml: line 4: nothing is expected'),
    });
    expect(await run(at('missing.yaml'))).toMatchObject({ exit: 2 });
  });
});

describe('formats for other programs', () => {
  test('TAP', async () => {
    const { text } = await run('--format', 'tap', at('good.yaml'), at('bad.yaml'));
    expect(text).toMatch(
      /^TAP version 14\n1\.\.3\nok 1 - bob by TLS\nok 2 - bob\nnot ok 3 - 100% <bob> \\# 1\n/,
    );
    expect(text).toContain('  at: "bad.yaml:4"\n  message: |\n    host       expected');
  });

  test('JUnit', async () => {
    const { text } = await run('--format', 'junit', at('good.yaml'), at('bad.yaml'));
    expect(text).toContain('<testsuites tests="3" failures="1">');
    expect(text).toContain('<testcase classname="bad.yaml" name="100% &lt;bob&gt; # 1">');
  });

  test('GitHub', async () => {
    const { text } = await run('--format', 'github', at('good.yaml'), at('bad.yaml'));
    expect(text).toMatch(/^::error file=bad\.yaml,line=4,title=dvproxy test::100%25 <bob> # 1%0Ahost /);
  });

  test('JSON', async () => {
    const { text } = await run('--format', 'json', at('good.yaml'));
    expect(JSON.parse(text)).toMatchObject({ schema: 1, tests: [{ name: 'bob by TLS', passed: true }, {}] });
  });
});

test('--expect takes YAML as well as CSV', async () => {
  const { exit, stdout } = await dvproxy([
    ...['simulate', '-c', at('proxy.conf'), '--map', `/srv=${folder.path}`],
    ...['--expect', at('expected.yaml')],
  ]);
  expect(stdout).toContain('ann  imap\n   outcome  ok_proxy -> fail_unknown_user\n');
  expect(stdout).toContain('1 of 2 are not as expected');
  expect(exit).toBe(1);
});

describe('the JSON schema for editors', () => {
  const isTestFile = (text: string) => new Ajv2020({ strict: false }).compile(schema)(parse(text));

  test("takes the guide's test file, and refuses typing errors", () => {
    const guide = readFileSync('fixtures/guide/proxy.test.yaml', 'utf8');
    expect(isTestFile(guide)).toBe(true);
    expect(isTestFile(guide.replace('remote_ip', 'remoteip'))).toBe(false);
    expect(isTestFile(guide.replace('ok_local', 'ok_locally'))).toBe(false);
    expect(isTestFile(guide.replace('tests:', 'test:'))).toBe(false);
    expect(isTestFile(guide.replace('port: 993', 'port: many'))).toBe(false);
  });

  const schema = JSON.parse(readFileSync('docs/test-file.schema.json', 'utf8'));
  test('names the members that are read', () => {
    expect(Object.keys(schema.properties)).toEqual(TEST_FILE_MEMBERS);
    expect(Object.keys(schema.$defs.question.properties).sort()).toEqual([...QUESTION_COLUMNS].sort());
  });
});
