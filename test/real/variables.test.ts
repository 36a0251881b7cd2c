import { afterAll, describe, expect, test } from 'vitest';
import type { Series } from '../../src/knowledge/versions.js';
import { expandText } from '../../src/variables/expand.js';
import type { Expansion, Provider } from '../../src/variables/scope.js';
import { scopeOf } from '../variables/case-scope.js';
import { type OracleAnswer, oracleAvailable, VariablesOracle } from './variables-oracle.js';

const COUNT = Number(process.env['DVPROXY_FUZZ_COUNT'] ?? 1500);
const SEED = Number(process.env['DVPROXY_FUZZ_SEED'] ?? 20_240_601);

const REQUEST = {
  user: "o'b@x.org",
  password: 'p"w',
  info: ['service=imap', 'lip=192.0.2.1', 'rip=198.51.100.7', 'lport=143', 'rport=54321', 'session=se\x01ss'],
};
const missing: Provider = () => ({ kind: 'missing' });
const SCOPE = {
  ...scopeOf({
    user: REQUEST.user,
    password: REQUEST.password,
    protocol: 'imap',
    mechanism: 'PLAIN',
    local_ip: '192.0.2.1',
    remote_ip: '198.51.100.7',
    local_port: '143',
    remote_port: '54321',
    real_local_ip: '192.0.2.1',
    real_remote_ip: '198.51.100.7',
    real_local_port: '143',
    real_remote_port: '54321',
    session: 'se\x01ss',
  }),
  providers: new Map([
    ['passdb', missing],
    ['userdb', missing],
  ]),
};

let state = SEED;
function below(limit: number): number {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * limit);
}
function pick(choices: readonly string[]): string {
  return choices[below(choices.length)] ?? '';
}
function many(count: number, make: () => string, separator = ''): string {
  return Array.from({ length: count }, make).join(separator);
}

const FORMATS_23 = ['', '', '2', '-2', '0', '3.', '1.2', '-3.2', '0.-2', '2.256', '012'];
const MODIFIERS_23 = ['', 'L', 'U', 'H', 'N', 'M', 'X', 'R', 'E', 'LU', 'MR', 'D', 'T'];
const NAMES_23 = ['u', 'n', 'd', 's', 'a', 'w', 'x', '{user}', '{domain}', '{passdb:x:dd}', '{nope}'];
const OPERATORS_23 = ['eq', 'ne', '==', '<', '~', '!~', '*', 'lt', 'ge', 'zz'];
const HASHES_23 =
  'md5 sha1 sha256 sha3-512 md4 size pkcs5;rounds=2 sha1;truncate=13 sha1;format=base64 sha1;salt=%d sha1;rounds=0'.split(
    ' ',
  );
const TEXTS_23 = ['1', '143', 'a', ' ', '\\;', '\\:', '\\%u', '-5', 'ab.c', '%%', '\xc3\xbc', ',', '@'];

function template23(depth = 0): string {
  return many(1 + below(4), () => {
    const kind = below(12);
    if (kind < 4) return `%${pick(FORMATS_23)}${pick(MODIFIERS_23)}${pick(NAMES_23)}`;
    if (kind < 7 && depth < 3) {
      const right = below(2) === 0 ? template23(depth + 1) : pick(['^o', '.*', '[', '1', '(a|o)', '*@*']);
      const parts = [
        template23(depth + 1),
        pick(OPERATORS_23),
        right,
        template23(depth + 1),
        template23(depth + 1),
      ];
      return `%${pick(['', 'U', '3'])}{if;${parts.slice(0, 4 + below(2)).join(';')}}`;
    }
    if (kind < 9)
      return `%${pick(['', '8', '2.4'])}{${pick(HASHES_23)}:${pick(['user', 'nope', 'passdb:x:q', 'md5:user'])}}`;
    return pick(TEXTS_23);
  });
}

const STEPS_24 =
  'user local_port session passdb:x nope remote_ip domain_first password env: lower upper default literal lookup concat index substr truncate md5 sha1 hash hex unhex hexlify unhexlify base64 unbase64 lfill rfill list text regexp if encrypt decrypt calculate benumber lenumber username domain reverse ldap_dn trim'.split(
    ' ',
  );
const ARGUMENTS_24 =
  `'a' '@' 'x' 1 0 -3 3 20 user local_port nope 'sha3-256' 'md4' '\\x41\\102' '(.*)@(.*)' '\\\\1' '\\\\2-\\\\1' 'eq' '~' '!~' '==' '<' '*' 'o*' '^o' rounds=2 salt=user salt='s' url=1 pad=0 bits=9 key='k' key='00112233445566778899aabbccddeeff' iv='000102030405060708090a0b0c0d0e0f' algorithm='aes-128-cbc' raw=1 salt='abc' foo=1 '\\t' '' "q" '(' '6f40' 'zz' 'Zm9v'`.split(
    ' ',
  );
const JUNK_24 = [
  '%',
  '%%{',
  '%{',
  '}',
  '|',
  '(',
  ')',
  ',',
  '=',
  '+',
  '-',
  '1',
  'y',
  'yy',
  ' ',
  '\\',
  "'",
  '&',
  '_',
  'x',
  '%u',
  '\xff',
  '\n',
];

function step24(): string {
  const args = below(2) === 0 ? `(${many(1 + below(4), () => pick(ARGUMENTS_24), ',')})` : '';
  const math =
    below(8) === 0
      ? pick([' + ', ' - ', ' * ', ' / ', ' % ']) + pick(['1', '-2', '0', 'local_port', 'user'])
      : '';
  return pick(STEPS_24) + args + math;
}

function template24(): string {
  const text = many(1 + below(3), () =>
    below(10) < 6
      ? `%{${many(1 + below(4), step24, pick(['|', ' | ']))}}`
      : many(1 + below(5), () => pick(JUNK_24)),
  );
  const at = below(text.length + 1);
  return below(6) === 0 ? text.slice(0, at) + pick(JUNK_24) + text.slice(at + below(2)) : text;
}

/** Whether both say the same. What Dovecot may or may not survive is only asked to be reported. */
function agrees(ours: Expansion, theirs: OracleAnswer): boolean {
  if (ours.kind === 'error' && ours.crash !== undefined) return true;
  const text = ours.kind === 'ok' ? ours.text : ours.partial;
  const seen = text?.split('\0', 1)[0];
  if (theirs.kind === 'text') return seen === theirs.text;
  return (
    theirs.kind === 'error' && ours.kind === 'error' && theirs.message.endsWith(`failed: ${ours.message}`)
  );
}

describe.each([
  ['2.3', template23],
  ['2.4', template24],
] as [Series, () => string][])('random expressions in the auth process of %s', (series, make) => {
  if (!oracleAvailable(series)) {
    const reason = `Dovecot ${series} with Lua is not installed: random expressions are not tried`;
    if (process.env['CI'] === 'true') throw new Error(reason);
    test('is not installed', ({ skip }) => skip(reason));
    return;
  }
  const oracle = new VariablesOracle(series);
  afterAll(() => oracle.close());

  test(`${COUNT} of them, seed ${SEED}`, { timeout: 300_000 }, async () => {
    const templates = Array.from({ length: COUNT }, make);
    const answers = await oracle.evaluate(templates, REQUEST);
    expect(answers.length).toBe(COUNT);
    const different = templates.flatMap((template, at) => {
      const theirs = answers[at];
      const ours = expandText(series, template, SCOPE);
      return theirs === undefined || agrees(ours, theirs) ? [] : [{ template, theirs, ours }];
    });
    expect(different).toEqual([]);
  });
});
