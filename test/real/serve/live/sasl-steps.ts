import type { LoginProtocol } from '../../../../src/proxy/login-protocols.js';
import { cramMd5, digestMd5, scram } from '../../../auth/sasl/sasl-clients.js';
import { base64, type Step, send } from './case.js';

/** Answers to each challenge; the first is the initial response where the mechanism begins with the client. */
interface Exchange {
  readonly clientFirst: boolean;
  /** The response that decides, by its place. */
  readonly deciding: number;
  readonly responses: readonly ((challenge: string, user: string) => string)[];
}

const PASSWORD = 'pass';
const decoded = (text: string): string => Buffer.from(text, 'base64').toString('latin1');

function scramExchange(hash: 'sha1' | 'sha256'): Exchange {
  const client = (user: string) => scram(hash, user, PASSWORD);
  return {
    clientFirst: true,
    deciding: 1,
    responses: [
      (_, user) => client(user).first,
      (challenge, user) => client(user).final(challenge),
      () => '',
    ],
  };
}

export const EXCHANGES: Readonly<Record<string, Exchange>> = {
  PLAIN: { clientFirst: true, deciding: 0, responses: [(_, user) => `\0${user}\0${PASSWORD}`] },
  LOGIN: { clientFirst: false, deciding: 1, responses: [(_, user) => user, () => PASSWORD] },
  'CRAM-MD5': {
    clientFirst: false,
    deciding: 0,
    responses: [(challenge, user) => cramMd5(user, PASSWORD)(challenge)],
  },
  'DIGEST-MD5': {
    clientFirst: false,
    deciding: 0,
    responses: [
      (challenge, user) => digestMd5({ user, password: PASSWORD, realm: 'example.com' })(challenge),
      () => '',
    ],
  },
  'SCRAM-SHA-1': scramExchange('sha1'),
  'SCRAM-SHA-256': scramExchange('sha256'),
};

const COMMANDS: Readonly<Record<LoginProtocol, (mechanism: string, initial: string | null) => string>> = {
  imap: (mechanism, initial) => `s AUTHENTICATE ${mechanism}${initial === null ? '' : ` ${initial}`}\r\n`,
  pop3: (mechanism, initial) => `AUTH ${mechanism}${initial === null ? '' : ` ${initial}`}\r\n`,
  submission: (mechanism, initial) => `AUTH ${mechanism}${initial === null ? '' : ` ${initial}`}\r\n`,
  sieve: (mechanism, initial) => `AUTHENTICATE "${mechanism}"${initial === null ? '' : ` "${initial}"`}\r\n`,
};

/** Ends of a challenge or of the result. */
const UNTIL: Readonly<Record<LoginProtocol, RegExp>> = {
  imap: /^(?:s (?:OK|NO|BAD)|\+|\* BYE)[^\n]*\n/m,
  pop3: /^(?:\+OK|-ERR|\+ )[^\n]*\n/m,
  submission: /^\d{3}(?: [^\n]*)?\n/m,
  sieve: /^(?:(?:OK|NO|BYE)\b[^\n]*|"[^"\n]*"\r|\{\d+\+?\}\r\n[^\n]*)\n/m,
};

/** The challenge of a line of the server's. */
function challengeOf(protocol: LoginProtocol, line: string): string {
  if (protocol === 'sieve') return decoded(line.replaceAll('"', ''));
  return decoded(line.slice(line.indexOf(' ') + 1));
}

const asLine = (protocol: LoginProtocol, text: string): string =>
  protocol === 'sieve' ? `"${text}"\r\n` : `${text}\r\n`;

/** A line of a login that is asked for something. */
export function saslLine(protocol: LoginProtocol, text: string): Step {
  return send(asLine(protocol, text), UNTIL[protocol]);
}

/** `initial`: '' = none, else the words behind the mechanism. */
export function saslCommand(protocol: LoginProtocol, mechanism: string, initial: string | null = null): Step {
  return send(COMMANDS[protocol](mechanism, initial), UNTIL[protocol]);
}

/** A whole login; `spoilt`: up to the response that decides, which is wrong. */
export function saslLogin(
  protocol: LoginProtocol,
  mechanism: string,
  { initial = false, spoilt = false } = {},
): Step[] {
  const exchange = EXCHANGES[mechanism];
  if (exchange === undefined) throw new Error(mechanism);
  const until = UNTIL[protocol];
  const { deciding } = exchange;
  const responses = spoilt ? exchange.responses.slice(0, deciding + 1) : exchange.responses;
  const respond = (response: (challenge: string, user: string) => string, place: number): Step => ({
    respond: (line, user) => {
      const text = response(challengeOf(protocol, line), user);
      return asLine(protocol, base64(spoilt && place === deciding ? `${text}x` : text));
    },
    until,
  });
  const [first] = responses;
  if (!initial || first === undefined) return [saslCommand(protocol, mechanism), ...responses.map(respond)];
  const start: Step = {
    respond: (_, user) => COMMANDS[protocol](mechanism, base64(first('', user))),
    until,
  };
  return [start, ...responses.map(respond).slice(1)];
}

/** Mistakes that any protocol's clients make. */
export function saslMistakes(protocol: LoginProtocol): Readonly<Record<string, readonly Step[]>> {
  return {
    'an aborted exchange': [saslCommand(protocol, 'PLAIN'), saslLine(protocol, '*')],
    'an aborted second step': [
      saslCommand(protocol, 'LOGIN'),
      saslLine(protocol, base64('joe')),
      saslLine(protocol, '*'),
    ],
    'an initial response that is not base64': [saslCommand(protocol, 'PLAIN', '!!!')],
    'an initial response of one star': [saslCommand(protocol, 'PLAIN', '*')],
    'a response that is not base64': [saslCommand(protocol, 'PLAIN'), saslLine(protocol, 'a b')],
    'a response of nothing': [saslCommand(protocol, 'PLAIN'), saslLine(protocol, '')],
    'an empty initial response': [saslCommand(protocol, 'PLAIN', '=')],
    'an initial response without NULs': [saslCommand(protocol, 'PLAIN', base64('joe'))],
    'an initial response with four parts': [saslCommand(protocol, 'PLAIN', base64('a\0b\0c\0d'))],
    'an authorization id': [saslCommand(protocol, 'PLAIN', base64('other\0joe\0pass'))],
    'no user name': [saslCommand(protocol, 'PLAIN', base64('\0\0pass'))],
    'a user name with strange characters': [saslCommand(protocol, 'PLAIN', base64('\0j"oe{x}\0pass'))],
    'an empty password': [saslCommand(protocol, 'PLAIN', base64('\0joe\0'))],
    'an unknown mechanism': [saslCommand(protocol, 'NONE')],
    'a mechanism in small letters': [saslCommand(protocol, 'plain', base64('\0nobody\0pass'))],
    'a mechanism that is not on': [saslCommand(protocol, 'XOAUTH2', base64('user=joe'))],
    'an initial response for LOGIN': [
      saslCommand(protocol, 'LOGIN', base64('nobody')),
      saslLine(protocol, base64('pass')),
    ],
    'an initial response for CRAM-MD5': [
      saslCommand(protocol, 'CRAM-MD5', base64('x')),
      saslLine(protocol, '*'),
    ],
    'CRAM-MD5 with one word': [saslCommand(protocol, 'CRAM-MD5'), saslLine(protocol, base64('joe'))],
    'DIGEST-MD5 with nonsense': [saslCommand(protocol, 'DIGEST-MD5'), saslLine(protocol, base64('x=y'))],
    'SCRAM-SHA-1 with nonsense': [saslCommand(protocol, 'SCRAM-SHA-1'), saslLine(protocol, base64('x'))],
    'SCRAM-SHA-256 with another binding': [
      saslCommand(protocol, 'SCRAM-SHA-256', base64('p=tls-unique,,n=joe,r=a')),
    ],
    'a response of many bytes': [saslCommand(protocol, 'PLAIN'), saslLine(protocol, 'A'.repeat(3000))],
    'a response of too many bytes': [saslCommand(protocol, 'PLAIN'), saslLine(protocol, 'A'.repeat(9000))],
    'a client that closes in the exchange': [
      saslCommand(protocol, 'LOGIN'),
      saslLine(protocol, base64('joe')),
    ],
  };
}
