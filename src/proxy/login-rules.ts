import type { ByteString } from '../../grammar/bytes.js';
import type { LoginClient } from './login-client.js';
import { isAcceptable, isPrivate, showsPassword } from './sasl/mechanism-facts.js';

/** Whether a client may send its password as it is. */
export function cleartextAllowed(client: LoginClient): boolean {
  return client.secured || (client.settings.login.allowCleartext && client.tlsMode !== 'required');
}

/** Dovecot imap-login-client.c is_login_cmd_disabled */
export function loginDisabled(client: LoginClient): boolean {
  return client.secured ? !client.settings.mechanisms.includes('PLAIN') : !cleartextAllowed(client);
}

/** Dovecot sasl-server.c sasl_server_find_available_mech */
export function acceptsMechanism({ settings, protocol }: LoginClient, mechanism: ByteString): boolean {
  return settings.mechanisms.includes(mechanism) && isAcceptable(mechanism, protocol);
}

/** Dovecot sasl-server.c sasl_server_get_advertised_mechs */
export function offeredMechanisms(client: LoginClient): readonly ByteString[] {
  if (!client.secured && client.tlsMode === 'required') return [];
  const cleartext = cleartextAllowed(client);
  return client.settings.mechanisms.filter(
    (mechanism) =>
      acceptsMechanism(client, mechanism) &&
      !isPrivate(mechanism) &&
      (cleartext || !showsPassword(mechanism)),
  );
}
