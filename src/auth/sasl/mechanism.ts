import type { ByteString } from '../../../grammar/bytes.js';
import type { Series } from '../../knowledge/versions.js';
import type { SystemVariables } from '../../variables/scope.js';
import type { AuthAnswer } from '../answer.js';
import type { LogEntry } from '../driver.js';

/** What mechanisms need besides what the client sends. */
export interface MechanismEnvironment {
  readonly series: Series;
  /** auth_realms */
  readonly realms: readonly ByteString[];
  readonly system: Pick<SystemVariables, 'hostname' | 'now' | 'randomBytes'>;
  /** APOP: the challenge is one that this server has sent. */
  readonly isOwnChallenge?: (challenge: ByteString) => boolean;
  /** 2.4 oauth2_openid_configuration_url */
  readonly openidConfigurationUrl?: ByteString;
}

/** Who a client says it is. */
export interface SaslIdentity {
  readonly user: ByteString;
  /** Whom it wants to log in as; null: nobody else. */
  readonly authorizationId: ByteString | null;
  /** DIGEST-MD5: what Dovecot hashes behind a name that has a domain already. */
  readonly digestRealm?: ByteString;
}

/** A line of the mechanism in the log of the auth process. */
export type MechanismLog = Pick<LogEntry, 'level' | 'text'>;

/** What a mechanism wants next. Data is decoded; whoever drives it does base64. */
export type MechanismStep =
  | { readonly kind: 'challenge'; readonly data: ByteString }
  /** The name alone: a bad one is refused before `challenge` asks for the password. */
  | { readonly kind: 'name'; readonly user: ByteString; readonly challenge: ByteString }
  /** The chain is to check a password. */
  | { readonly kind: 'login'; readonly identity: SaslIdentity; readonly password: ByteString }
  /** The name of the client's certificate logs in; the chain is asked with an empty password. */
  | { readonly kind: 'certificate'; readonly authorizationId: ByteString | null }
  /** The chain is to hand out the stored password in a scheme. */
  | { readonly kind: 'credentials'; readonly identity: SaslIdentity; readonly scheme: ByteString }
  /** The oauth2 database is to check a token (2.4). */
  | { readonly kind: 'token'; readonly identity: SaslIdentity; readonly token: ByteString }
  | { readonly kind: 'anonymous'; readonly trace: ByteString }
  | {
      readonly kind: 'failed';
      readonly log: MechanismLog | null;
      /** The name was taken before the mistake was seen. */
      readonly user?: ByteString;
      /** Told to the client, which has to acknowledge it. */
      readonly reply?: ByteString;
    };

/** What a mechanism makes of the stored password. */
export type ProofStep =
  | { readonly kind: 'challenge'; readonly data: ByteString }
  /** The client knows the password; `data` tells it that the server does too. */
  | { readonly kind: 'proved'; readonly data: ByteString }
  | { readonly kind: 'refuted'; readonly log: MechanismLog | null };

/** One exchange of a SASL mechanism, on the server's side. Pure: clock and randomness are handed in. */
export interface Mechanism {
  /** Dovecot refuses a NUL in the data of all others. */
  readonly takesNul: boolean;
  /** null: the client sent no initial response. */
  start(initial: ByteString | null): MechanismStep;
  next(response: ByteString): MechanismStep;
  /** The stored password, in the scheme that was asked for. */
  credentials?(raw: ByteString): ProofStep;
  /** The response to a challenge of `credentials`. */
  proof?(response: ByteString): ProofStep;
  /** What the client is told of a failed login, and has to acknowledge; null: the failure alone. */
  failureReply?(answer: AuthAnswer): ByteString | null;
}

export function info(text: ByteString): MechanismLog {
  return { level: 'info', text };
}

export function failed(text: ByteString): Extract<MechanismStep, { readonly kind: 'failed' }> {
  return { kind: 'failed', log: info(text) };
}

/** Dovecot auth-request.h: AUTH_LOG_MSG_PASSWORD_MISMATCH */
export const MISMATCH: ProofStep = { kind: 'refuted', log: info('Password mismatch') };

/** A C string ends at its first NUL. */
export function cString(data: ByteString): ByteString {
  const end = data.indexOf('\0');
  return end === -1 ? data : data.slice(0, end);
}

/** Asks for the first response where the client sent none. Dovecot mech.c: mech_generic_auth_initial */
export function startWith(
  initial: ByteString | null,
  next: (response: ByteString) => MechanismStep,
): MechanismStep {
  return initial === null ? { kind: 'challenge', data: '' } : next(initial);
}

/** RFC 5801 4: `=2C` is a comma and `=3D` an equals sign; null where another `=` stands. */
export function unescapeName(escaped: ByteString): ByteString | null {
  if (/=(?!2C|3D)/.test(escaped)) return null;
  return escaped.replace(/=(2C|3D)/g, (_, code) => (code === '2C' ? ',' : '='));
}
