import type { ByteString } from '../../grammar/bytes.js';
import type { AuthAnswer } from '../auth/answer.js';
import { createLoginSession } from '../proxy/create-session.js';
import type { ClientAddresses, SessionEnvironment } from '../proxy/login-client.js';
import type { LoginProtocol } from '../proxy/login-protocols.js';
import type { LoginSession } from '../proxy/login-session.js';
import { encodeBase64 } from '../proxy/sasl/sasl-server.js';
import type { SessionAction } from '../proxy/session-event.js';

const LOCALHOST = '127.0.0.1';

export interface SessionQuestion {
  readonly protocol: LoginProtocol;
  readonly addresses: ClientAddresses;
  readonly environment: SessionEnvironment;
}

/** The session that `serve` runs, with a client whose connection is safe and who may log in. */
export function sessionFor({ protocol, addresses, environment }: SessionQuestion): LoginSession {
  const localIp = addresses.localIp || LOCALHOST;
  const remoteIp = addresses.remoteIp || LOCALHOST;
  return createLoginSession(protocol, {
    addresses: {
      ...addresses,
      remoteIp,
      realLocalIp: addresses.realLocalIp || localIp,
      realRemoteIp: addresses.realRemoteIp || remoteIp,
    },
    listenerName: protocol,
    implicitTls: true,
    environment,
  });
}

/** How a client sends its credentials. */
export function loginCommand(protocol: LoginProtocol, user: ByteString, password: ByteString): ByteString {
  const response = encodeBase64(`\0${user}\0${password}`);
  switch (protocol) {
    case 'imap':
      return `A AUTHENTICATE PLAIN ${response}\r\n`;
    case 'pop3':
      return `AUTH PLAIN ${response}\r\n`;
    case 'submission':
      return `EHLO client\r\nAUTH PLAIN ${response}\r\n`;
    case 'sieve':
      return `AUTHENTICATE "PLAIN" "${response}"\r\n`;
  }
}

/** What a client is told whose login goes no further than the auth process's answer: the lines behind its command. */
export function clientReply(question: SessionQuestion, answer: AuthAnswer): readonly ByteString[] {
  const session = sessionFor(question);
  session.receive({ kind: 'client_connected' });
  session.receive({ kind: 'client_tls_ready', localName: '' });
  const command = loginCommand(question.protocol, answer.user || 'user', 'password');
  const asked = session.receive({ kind: 'client_data', data: command });
  if (!asked.some(({ kind }) => kind === 'authenticate')) return [];
  return told(session.receive({ kind: 'auth_answered', answer }));
}

function told(actions: readonly SessionAction[]): readonly ByteString[] {
  return actions
    .flatMap((action) => (action.kind === 'to_client' ? [action.data] : []))
    .join('')
    .split('\r\n')
    .filter((line) => line !== '');
}
