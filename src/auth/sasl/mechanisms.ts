import type { ByteString } from '../../../grammar/bytes.js';
import { nameTable } from '../../../grammar/name-table.js';
import { AnonymousMechanism } from './anonymous.js';
import { ApopMechanism } from './apop.js';
import { CramMd5Mechanism } from './cram-md5.js';
import { DigestMd5Mechanism } from './digest-md5.js';
import { ExternalMechanism } from './external.js';
import { LoginMechanism } from './login.js';
import type { Mechanism, MechanismEnvironment } from './mechanism.js';
import { OAuth2Mechanism } from './oauth2.js';
import { PlainMechanism } from './plain.js';
import { ScramMechanism } from './scram.js';

const MAKERS = {
  PLAIN: () => new PlainMechanism(),
  LOGIN: () => new LoginMechanism(),
  'CRAM-MD5': (environment) => new CramMd5Mechanism(environment),
  'DIGEST-MD5': (environment) => new DigestMd5Mechanism(environment),
  'SCRAM-SHA-1': (environment) => new ScramMechanism('SCRAM-SHA-1', environment),
  'SCRAM-SHA-256': (environment) => new ScramMechanism('SCRAM-SHA-256', environment),
  XOAUTH2: (environment) => new OAuth2Mechanism('XOAUTH2', environment),
  OAUTHBEARER: (environment) => new OAuth2Mechanism('OAUTHBEARER', environment),
  EXTERNAL: () => new ExternalMechanism(),
  ANONYMOUS: () => new AnonymousMechanism(),
  APOP: (environment) => new ApopMechanism(environment),
} as const satisfies Record<string, (environment: MechanismEnvironment) => Mechanism>;

/** Every mechanism that can be served. */
export const MECHANISM_NAMES: readonly string[] = Object.keys(MAKERS);

/** Schemes that mechanisms want the stored password in; the other mechanisms want none. */
const SCHEMES: Readonly<Record<string, ByteString>> = nameTable({
  'CRAM-MD5': 'CRAM-MD5',
  'DIGEST-MD5': 'DIGEST-MD5',
  'SCRAM-SHA-1': 'SCRAM-SHA-1',
  'SCRAM-SHA-256': 'SCRAM-SHA-256',
  APOP: 'PLAIN',
});

export function wantedScheme(mechanism: string): ByteString | null {
  return SCHEMES[mechanism.toUpperCase()] ?? null;
}

/** A new exchange of a mechanism by its name in upper case; null for one that is not served. */
export function createMechanism(name: string, environment: MechanismEnvironment): Mechanism | null {
  const makers: Readonly<Record<string, (environment: MechanismEnvironment) => Mechanism>> = MAKERS;
  return Object.hasOwn(makers, name) ? (makers[name]?.(environment) ?? null) : null;
}
