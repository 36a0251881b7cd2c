import fc from 'fast-check';
import type { Provider, VariableScope } from '../../../src/variables/scope.js';
import { scopeOf } from '../../variables/case-scope.js';

// Random 2.3 templates, and random requests for them.

const FORMATS = [
  '',
  '',
  '',
  '',
  '2',
  '-2',
  '03',
  '012',
  '3.',
  '1.2',
  '-3.2',
  '0.-2',
  '2.256',
  '-4.-1',
  '1.030',
  '8.256',
  '0.-30',
];
const MODIFIERS = ['', '', '', '', 'L', 'U', 'N', 'M', 'X', 'R', 'D', 'T', 'LU', 'MR', 'LN', 'XU', 'H', 'E'];
const LETTERS = [...'undslrabwmck!', 'x'];
const LONG = [
  'user',
  'username',
  'domain_first',
  'domain_last',
  'auth_username',
  'orig_domain',
  'login_user',
  'local_name',
  'passdb:a',
  'passdb:a b',
  'passdb:missing:dflt',
  'userdb:q',
  'env:E',
  'session',
  'hostname',
  'real_lport',
  'nope',
];
const HASHES = [
  'md5',
  'sha1',
  'sha256',
  'md4',
  'size',
  'sha3-256',
  'sha1;truncate=13',
  'sha512;rounds=3',
  'sha1;format=base64',
  'md5;format=hexuc,rounds=2,salt=ab',
  'sha256;salt=%u',
  'md5;salt=%d',
  'sha1;rounds=0',
  'pkcs5;rounds=2',
];
const OPERATORS = ['eq', 'ne', '==', '<', '~', '!~', '*', 'lt', 'ge', 'zz'];
const RIGHTS = ['', 'imap', '1', '143', '*@*', 'a*', '^[a-c]', '%u', '%a', '%n', '(a|b)'];
const TEXTS = [
  'a',
  'y',
  'yy',
  ' ',
  '1',
  '-5',
  '%%',
  '%%{',
  '%%y',
  '@',
  '.',
  ',',
  "'",
  '"',
  '\\;',
  '\\\\z',
  'x.org',
  '\xc3\xbc',
  '\xff',
  '|',
  '}',
  '{',
];

/** Parameters of `if` protect what ends them. */
function inside(template: string): string {
  return template.replaceAll(/[;:]/g, '\\$&');
}

function template(depth: number): fc.Arbitrary<string> {
  const one = (values: readonly string[]): fc.Arbitrary<string> => fc.constantFrom(...values);
  const letter = fc
    .tuple(one(FORMATS), one(MODIFIERS), one(LETTERS))
    .map(([format, modifiers, name]) => `%${format}${modifiers}${name}`);
  const long = fc
    .tuple(one(FORMATS), one(MODIFIERS), one(LONG))
    .map(([format, modifiers, name]) => `%${format}${modifiers}{${name}}`);
  const hash = fc
    .tuple(one(['', '', '8', '2.4', 'U', '045']), one(HASHES), one([...LONG, 'md5:user']))
    .map(([format, name, field]) => `%${format}{${name}:${field}}`);
  const kinds: fc.WeightedArbitrary<string>[] = [
    { weight: 5, arbitrary: letter },
    { weight: 2, arbitrary: long },
    { weight: 1, arbitrary: hash },
    { weight: 3, arbitrary: one(TEXTS) },
  ];
  if (depth < 2) {
    const left = fc.oneof({ weight: 3, arbitrary: letter }, template(depth + 1));
    const right = fc.oneof({ weight: 4, arbitrary: one(RIGHTS) }, template(depth + 1));
    const branches = fc.array(template(depth + 1), { minLength: 1, maxLength: 2 });
    const condition = fc
      .tuple(one(['', '', '', 'U', '3']), left, one(OPERATORS), right, branches)
      .map(
        ([format, l, operator, r, ends]) =>
          `%${format}{if;${[l, operator, r, ...ends].map((part, at) => (at === 1 ? part : inside(part))).join(';')}}`,
      );
    kinds.push({ weight: 2, arbitrary: condition });
  }
  return fc.array(fc.oneof(...kinds), { minLength: 1, maxLength: 3 }).map((parts) => parts.join(''));
}

export const templates23 = template(0);

const word = fc.oneof(
  fc.constantFrom(
    '',
    'bob',
    'John.Doe@Example.COM',
    'a@b@c.org',
    '@x',
    'a ',
    ' \t',
    'y',
    '7',
    'o\'b\\x"y@x.org',
    '\xc3\xa4@\xff',
    '%u',
    '%{user}',
  ),
  fc.string({
    unit: fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code)),
    maxLength: 12,
  }),
);
const port = fc.constantFrom('0', '143', '65535', '1');

/** A request with any values; the fields `a` and `q` are there, `missing` is not. */
export const scopes: fc.Arbitrary<VariableScope> = fc
  .record({
    user: word,
    password: word,
    original_user: word,
    master_user: fc.constantFrom('', 'admin@x'),
    login_user: fc.constantFrom('', 'target@y'),
    protocol: fc.constantFrom('imap', 'pop3', 'lmtp', ''),
    local_ip: fc.constantFrom('', '192.0.2.1'),
    remote_ip: fc.constantFrom('', '2001:db8::1'),
    local_port: port,
    remote_port: port,
    real_local_port: port,
    mechanism: fc.constantFrom('PLAIN', ''),
    secured: fc.constantFrom('TLS', ''),
    local_name: word,
    session: word,
    field: word,
  })
  .map(({ field, ...auth }) => {
    const found: Provider = (key) =>
      key === 'missing' ? { kind: 'missing' } : { kind: 'value', value: field };
    return {
      ...scopeOf(auth),
      providers: new Map([
        ['passdb', found],
        ['userdb', found],
        ['env', found],
      ]),
    };
  });
