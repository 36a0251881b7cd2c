import type { LoginProtocol } from '../../../../src/proxy/login-protocols.js';
import { base64, type Step } from './case.js';
import { saslCommand, saslLine } from './sasl-steps.js';

/** Nearly base64, or base64 that is written in a strange way. */
const ENCODED = [
  'YQ',
  'YQ=',
  'YQ===',
  'YQ==YQ==',
  '=YQ=',
  'YR==',
  'Y Q==',
  'YQ==\t',
  'AGEAYg==',
  'A\xe4==',
  'nobody',
];

/** Names that the auth process does not take; the password is not asked for. */
const REFUSED: Readonly<Record<string, string>> = {
  'that is empty': '',
  'with a NUL': 'a\0b',
  'with a space': 'a b',
  'of eight bits': 'j\xc3\xa4',
  'that is no UTF-8': 'j\xe4e',
  'that breaks off': 'j\xc3',
  'with a control character': 'j\x01e',
  'with an overlong character': 'j\xc0\xaf',
  'with a surrogate': 'j\xed\xa0\x80',
  'that is long and strange': `${'x'.repeat(200)} `,
};
const TAKEN: Readonly<Record<string, string>> = {
  'in capitals': 'NOBODY',
  'that is long': 'x'.repeat(200),
  'with every character that is fine': 'a.b-c_d@e',
};

/** Responses and names at the edge of what is taken. */
export function saslCorners(protocol: LoginProtocol): Readonly<Record<string, readonly Step[]>> {
  const cases: Record<string, readonly Step[]> = {};
  for (const text of ENCODED) {
    const shown = JSON.stringify(text);
    cases[`an initial response ${shown}`] = [saslCommand(protocol, 'PLAIN', text)];
    cases[`a response ${shown}`] = [saslCommand(protocol, 'CRAM-MD5'), saslLine(protocol, text)];
    cases[`a second response ${shown}`] = [
      saslCommand(protocol, 'LOGIN'),
      saslLine(protocol, base64('nobody')),
      saslLine(protocol, text),
    ];
  }
  for (const [what, name] of Object.entries({ ...REFUSED, ...TAKEN })) {
    const password = what in TAKEN ? [saslLine(protocol, base64('pass'))] : [];
    cases[`LOGIN with a name ${what}`] = [
      saslCommand(protocol, 'LOGIN'),
      saslLine(protocol, base64(name)),
      ...password,
    ];
    cases[`PLAIN with a name ${what}`] = [saslCommand(protocol, 'PLAIN', base64(`\0${name}\0pass`))];
  }
  cases['a password with a NUL'] = [
    saslCommand(protocol, 'LOGIN'),
    saslLine(protocol, base64('nobody')),
    saslLine(protocol, base64('pa\0ss')),
  ];
  return cases;
}
