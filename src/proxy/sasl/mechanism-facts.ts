import type { ByteString } from '../../../grammar/bytes.js';
import type { LoginProtocol } from '../login-protocols.js';

/** They show a password or token to everybody on the way. Dovecot auth/mech.c MECH_SEC_PLAINTEXT */
const CLEARTEXT: readonly ByteString[] = ['PLAIN', 'LOGIN', 'XOAUTH2', 'OAUTHBEARER'];
/** Protocols whose login process takes nobody in particular. Dovecot login_binary->anonymous_login_acceptable */
const WITH_ANONYMOUS: readonly LoginProtocol[] = ['imap', 'pop3'];

export function showsPassword(mechanism: ByteString): boolean {
  return CLEARTEXT.includes(mechanism);
}

/** Only a command of its own leads to it. Dovecot auth/mech.c MECH_SEC_PRIVATE */
export function isPrivate(mechanism: ByteString): boolean {
  return mechanism === 'APOP';
}

export function isAcceptable(mechanism: ByteString, protocol: LoginProtocol): boolean {
  return mechanism !== 'ANONYMOUS' || WITH_ANONYMOUS.includes(protocol);
}
