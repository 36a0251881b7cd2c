import { type ByteString, fromUtf8 } from '../../grammar/bytes.js';
import type { AuthRequest } from '../auth/request.js';
import { wantedScheme } from '../auth/sasl/mechanisms.js';

/** What is asked, as an administrator gives it; everything that is left out is not known to the auth process. */
export interface Question {
  readonly user: string;
  /** `imap`, `pop3`, `lmtp`, ... */
  readonly service: string;
  readonly mechanism: string;
  /** null: not known; taken as right wherever one is checked. */
  readonly password: ByteString | null;
  /** The user logs in as another one: this is who authenticates. */
  readonly master: string | null;
  /** Credentials look-up instead of a login. */
  readonly lookup: boolean;
  readonly localIp: string;
  readonly localPort: number;
  readonly remoteIp: string;
  readonly remotePort: number;
  readonly realLocalIp: string;
  readonly realLocalPort: number;
  readonly realRemoteIp: string;
  readonly realRemotePort: number;
  readonly localName: string;
  readonly clientId: string;
  readonly session: string;
  readonly secured: 'none' | 'tls' | 'yes';
  /** `forward_NAME` fields of a trusted client. */
  readonly forward: readonly (readonly [name: string, value: string])[];
}

/** A PLAIN login by IMAP with nothing known but the name; `more` tells the rest. */
export function questionOf(user: string, more: Partial<Question> = {}): Question {
  return {
    user,
    service: 'imap',
    mechanism: 'PLAIN',
    password: null,
    master: null,
    lookup: false,
    localIp: '',
    localPort: 0,
    remoteIp: '',
    remotePort: 0,
    realLocalIp: '',
    realLocalPort: 0,
    realRemoteIp: '',
    realRemotePort: 0,
    localName: '',
    clientId: '',
    session: '',
    secured: 'none',
    forward: [],
    ...more,
  };
}

const SECURED = { none: '', tls: 'TLS', yes: 'secured' } as const;

/** The request that reaches the auth process; `login`: from a login process, not from doveadm. */
export function requestOf(question: Question, login: boolean): AuthRequest {
  const { master } = question;
  const lookup = question.lookup;
  // CRAM-MD5, SCRAM and their like want the stored password, and no client answers their challenge here.
  const scheme = lookup ? null : wantedScheme(question.mechanism);
  return {
    user: fromUtf8(master ?? question.user),
    authorizationId: master === null ? '' : fromUtf8(question.user),
    password: lookup ? null : question.password,
    mode: lookup ? 'lookup' : scheme === null ? 'verify' : 'credentials',
    ...(scheme === null ? {} : { wantedScheme: scheme }),
    mechanism: lookup ? '' : question.mechanism.toUpperCase(),
    protocol: fromUtf8(question.service),
    localIp: question.localIp,
    localPort: question.localPort,
    remoteIp: question.remoteIp,
    remotePort: question.remotePort,
    // Dovecot auth-request-fields.c: the real address is the given one unless it is given too
    realLocalIp: question.realLocalIp || question.localIp,
    realLocalPort: question.realLocalPort || question.localPort,
    realRemoteIp: question.realRemoteIp || question.remoteIp,
    realRemotePort: question.realRemotePort || question.remotePort,
    localName: fromUtf8(question.localName),
    clientId: fromUtf8(question.clientId),
    session: fromUtf8(question.session),
    secured: SECURED[question.secured],
    validClientCertificate: false,
    forward: question.forward.map(([name, value]) => [fromUtf8(name), fromUtf8(value)]),
    login,
  };
}
