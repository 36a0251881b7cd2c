import type { DovecotVersion } from '../../../src/knowledge/versions.js';

interface Setup {
  readonly name: string;
  readonly config: string;
  readonly files: Readonly<Record<string, string>>;
}

/** One userdb in the words of both versions. */
interface Block {
  readonly driver: 'static' | 'passwd-file' | 'prefetch';
  /** The file of a passwd-file, the args of a 2.3 static one. */
  readonly source?: string;
  /** 2.4 `fields { }` of a static one, 2.3 override_fields of others. */
  readonly fields?: readonly (readonly [string, string])[];
  readonly defaults?: readonly (readonly [string, string])[];
  readonly rules?: Readonly<Record<string, string>>;
  readonly allowAllUsers?: boolean;
}

function block23(name: string, block: Block): string {
  const pairs = (fields: Block['fields'] = []) => fields.map(([key, value]) => `${key}=${value}`).join(' ');
  const args =
    block.driver === 'static'
      ? `${pairs(block.fields)}${block.allowAllUsers === true ? ' allow_all_users=yes' : ''}`
      : block.driver === 'passwd-file'
        ? `@DIR@/${block.source}`
        : '';
  const lines = [`driver = ${block.driver}`];
  if (args !== '') lines.push(`args = ${args}`);
  if (block.defaults !== undefined) lines.push(`default_fields = ${pairs(block.defaults)}`);
  if (block.driver !== 'static' && block.fields !== undefined)
    lines.push(`override_fields = ${pairs(block.fields)}`);
  for (const [rule, value] of Object.entries(block.rules ?? {})) lines.push(`${rule} = ${value}`);
  return `userdb ${name} {\n${lines.map((line) => `  ${line}\n`).join('')}}\n`;
}

function block24(name: string, block: Block): string {
  const lines = [`driver = ${block.driver}`];
  if (block.driver === 'passwd-file') lines.push(`passwd_file_path = @DIR@/${block.source}`);
  if (block.allowAllUsers === true) lines.push('userdb_static_allow_all_users = yes');
  const fields = [
    ...(block.fields ?? []),
    ...(block.defaults ?? []).map(([key, value]) => [`${key}:default`, value] as const),
  ];
  if (fields.length > 0)
    lines.push(`fields {\n${fields.map(([key, value]) => `    ${key} = ${value}\n`).join('')}  }`);
  for (const [rule, value] of Object.entries(block.rules ?? {})) lines.push(`${rule} = ${value}`);
  return `userdb ${name} {\n${lines.map((line) => `  ${line}\n`).join('')}}\n`;
}

const USERS = `ann:{PLAIN}pw::::::a=1 userdb_home=/pre/ann userdb_q=1
bob:{PLAIN}pw::::::b=1
cid:{PLAIN}pw::::::userdb_tempfail=y userdb_reason=sorry
dot:{PLAIN}pw::::::userdb_user=dorothy userdb_uid=nobody
eve:{PLAIN}pw::::::user=evelyn
`;

const U1 = `ann::1000:1000::/h/ann::userdb_z=1 y=2
bob::nobody:nogroup::/h/bob::userdb_x=%{home}
cid::1002::::
dot:::1003::/h/dot:/bin/sh:userdb_home=/other
evelyn::1005:1005::/h/eve::userdb_user=eva userdb_r=1
`;

const U2 = `ann::1000:1000::/second/ann::userdb_second=1
bob::1001:1001::/second/bob::userdb_second=1
none::1001:1001::/second/none::userdb_tempfail=yes userdb_reason=later
`;

export function userdbSetups(version: DovecotVersion): readonly Setup[] {
  const is23 = version === '2.3.19.1';
  const user = is23 ? '%n' : '%{user|username}';
  const all: Setup[] = [];
  const setup = (name: string, ...blocks: readonly Block[]) => {
    const passdb = is23
      ? 'passdb p1 {\n  driver = passwd-file\n  args = @DIR@/users\n}\n'
      : 'passdb p1 {\n  driver = passwd-file\n  passwd_file_path = @DIR@/users\n}\n';
    const text = blocks.map((block, at) => (is23 ? block23 : block24)(`u${at + 1}`, block));
    all.push({ name, config: passdb + text.join(''), files: { users: USERS, u1: U1, u2: U2 } });
  };
  const first: Block = { driver: 'passwd-file', source: 'u1' };
  const second: Block = { driver: 'passwd-file', source: 'u2' };
  const fixed: Block = {
    driver: 'static',
    fields: [
      ['uid', '1234'],
      ['gid', 'nogroup'],
      ['home', `/var/mail/${user}`],
    ],
  };
  setup('static', fixed);
  setup('static for all users', { ...fixed, allowAllUsers: true });
  // The auth process of 2.3 dies of it.
  if (!is23)
    setup('static with a variable that does not exist', {
      driver: 'static',
      fields: [['home', '%{nosuch}']],
    });
  setup('prefetch alone', { driver: 'prefetch' });
  setup('prefetch, then a file', { driver: 'prefetch' }, first);
  setup('a file', first);
  setup('two files', first, second);
  setup('both files', { ...first, rules: { result_success: 'continue-ok' } }, second);
  setup('both files, the first without success', { ...first, rules: { result_success: 'continue' } }, second);
  setup(
    'skip = found',
    { ...first, rules: { result_success: 'continue-ok' } },
    { ...second, rules: { skip: 'found' } },
  );
  setup(
    'skip = notfound',
    { ...first, rules: { result_success: 'continue-ok' } },
    { ...second, rules: { skip: 'notfound' } },
  );
  setup('unknown users are found', { ...first, rules: { result_failure: 'return-ok' } });
  setup('known users are not', { ...first, rules: { result_success: 'return-fail' } });
  setup('success without being said', { ...first, rules: { result_success: 'return' } });
  setup('a failure that is success', { ...first, rules: { result_internalfail: 'return-ok' } });
  setup('more fields', {
    ...first,
    fields: [['extra', user]],
    defaults: [
      ['home', '/default'],
      ['d', '1'],
    ],
  });
  setup('no userdb at all');
  return all;
}
