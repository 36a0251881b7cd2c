import type { ByteString } from '../../grammar/bytes.js';
import type { LoginProtocol } from '../proxy/login-protocols.js';

/** Where a login process begins to send the credentials. Dovecot imap-proxy.c, pop3-proxy.c, submission-proxy.c */
const BEGIN: Readonly<Record<LoginProtocol, RegExp>> = {
  imap: /^L (?:LOGIN|AUTHENTICATE) /m,
  pop3: /^(?:USER|AUTH) /m,
  submission: /^AUTH /m,
  sieve: /^AUTHENTICATE /m,
};

/** What ends a session politely, after a look at what the server can. */
const LOOK_AND_LEAVE: Readonly<Record<LoginProtocol, ByteString>> = {
  imap: 'C CAPABILITY\r\nQ LOGOUT\r\n',
  pop3: 'CAPA\r\nQUIT\r\n',
  submission: 'QUIT\r\n',
  sieve: 'LOGOUT\r\n',
};

const LEAVE: Readonly<Record<LoginProtocol, ByteString>> = {
  ...LOOK_AND_LEAVE,
  imap: 'Q LOGOUT\r\n',
  pop3: 'QUIT\r\n',
};

export function goodbye(protocol: LoginProtocol, loggedIn: boolean): ByteString {
  return loggedIn ? LEAVE[protocol] : LOOK_AND_LEAVE[protocol];
}

/** What is sent before the credentials; null where there are none in `data`. */
export function beforeCredentials(protocol: LoginProtocol, data: ByteString): ByteString | null {
  const at = data.search(BEGIN[protocol]);
  return at === -1 ? null : data.slice(0, at);
}

/** Shows what goes to a backend without its credentials. */
export class CredentialMask {
  readonly #protocol: LoginProtocol;
  readonly #user: ByteString;
  #begun = false;

  constructor(protocol: LoginProtocol, user: ByteString) {
    this.#protocol = protocol;
    this.#user = user;
  }

  masked(data: ByteString): ByteString {
    if (this.#begun) return data.replace(/^(PASS )?.*/s, '$1***');
    const before = beforeCredentials(this.#protocol, data);
    if (before === null) return data;
    this.#begun = true;
    const login = data.slice(before.length);
    if (login.startsWith('USER ')) return data;
    if (login.startsWith('L LOGIN ')) {
      // A user name that is a literal makes the command more than a line.
      const [, user = this.#user] = /^L LOGIN ("(?:[^"\\]|\\.)*")/.exec(login) ?? [];
      return `${before}L LOGIN ${user} ***`;
    }
    const [, command = ''] = /^((?:L )?AUTH(?:ENTICATE)? \S+)/.exec(login) ?? [];
    return `${before}${command}${login.trimEnd() === command ? '' : ' ***'}`;
  }

  /** A connection of its own begins with nothing said. */
  reset(): void {
    this.#begun = false;
  }
}
