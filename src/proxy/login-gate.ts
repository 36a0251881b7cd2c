import type { ByteString } from '../../grammar/bytes.js';
import type { LoginSide } from './login-attempt.js';
import type { LoginClient } from './login-client.js';
import { acceptsMechanism, cleartextAllowed } from './login-rules.js';
import { sanitize } from './sanitize.js';
import { isPrivate, showsPassword } from './sasl/mechanism-facts.js';

/** Whether a client may try to log in at all; refuses and logs where not. Dovecot login-common/sasl-server.c */
export class LoginGate {
  readonly #client: LoginClient;
  readonly #side: LoginSide;

  constructor(client: LoginClient, side: LoginSide) {
    this.#client = client;
    this.#side = side;
  }

  #logVerbose(message: ByteString): void {
    if (!this.#client.settings.login.authVerbose) return;
    this.#side.act({ kind: 'log', level: 'info', text: this.#client.logLine(message) });
  }

  /**
   * Whether a command with a user name or password in clear may go on; refuses it where not. `exposed`: the password
   * was sent already. Dovecot client-common-auth.c client_check_plaintext_auth
   */
  allowsCleartext(user: ByteString | null, exposed: boolean): boolean {
    if (cleartextAllowed(this.#client)) return true;
    const word = this.#cleartextWord();
    this.#logVerbose(`Login failed: ${word} authentication disabled`);
    this.#client.user ??= user;
    if (exposed) this.#side.alertExposed();
    const text = `${word} authentication disallowed on non-secure (SSL/TLS) connections.`;
    this.#side.refuse('mech_ssl_required', text);
    this.#client.attempts += 1;
    return false;
  }

  #cleartextWord(): ByteString {
    return this.#client.series === '2.3' ? 'Plaintext' : 'Cleartext';
  }

  /** Checks that an attempt may be made at all. Dovecot sasl-server.c sasl_server_auth_begin */
  allows(mechanism: ByteString, privately = false): boolean {
    const client = this.#client;
    if (!client.secured && client.tlsMode === 'required') {
      this.#logVerbose('Login failed: SSL required for authentication');
      client.attempts += 1;
      const text =
        client.series === '2.3'
          ? 'Authentication not allowed until SSL/TLS is enabled.'
          : 'Authentication disallowed on non-secure (SSL/TLS) connections.';
      this.#side.refuse('ssl_required', text);
      return false;
    }
    client.beginAttempt(mechanism);
    client.lastFailure = 'none';
    if (!acceptsMechanism(client, client.mechanism) || (isPrivate(client.mechanism) && !privately)) {
      this.logFailed('Unsupported authentication mechanism.');
      client.lastFailure = 'invalid_mech';
      this.#side.refuse('mech_invalid', 'Unsupported authentication mechanism.');
      return false;
    }
    if (cleartextAllowed(this.#client) || !showsPassword(client.mechanism)) return this.#certificateFits();
    const text =
      client.series === '2.3'
        ? 'Plaintext authentication disabled.'
        : 'Cleartext authentication disallowed on non-secure (SSL/TLS) connections.';
    if (client.series === '2.4') this.#side.alertExposed();
    this.logFailed(text);
    client.lastFailure = 'cleartext_auth_disabled';
    this.#side.refuse('mech_ssl_required', text);
    return false;
  }

  /** Dovecot sasl-server.c get_cert_username, auth-request-handler.c */
  #certificateFits(): boolean {
    const { certificate, settings } = this.#client;
    const { required, nameUser } = settings.certificates;
    if (!required) return true;
    if (certificate.state === 'valid' && nameUser && certificate.user === '') {
      const problem = 'Cannot get username from certificate: Missing username in certificate';
      this.#side.act({ kind: 'log', level: 'error', text: this.#client.logLine(problem) });
      const text = 'Unable to validate certificate';
      this.logFailed(text);
      this.#client.lastFailure = 'authorization_failed';
      this.#side.refuse('authz_failed', text);
      return false;
    }
    if (certificate.state === 'valid') return true;
    const text = "Client didn't present valid SSL certificate";
    this.logAuth(text);
    this.#side.refuse('auth_failed_reason', text);
    return false;
  }

  /** For auth_verbose. */
  logFailed(reason: ByteString): void {
    this.#logVerbose(
      `Authenticate ${sanitize(this.#client.mechanism, 64, this.#client.series)} failed: ${reason}`,
    );
  }

  /** A line of the auth process about a request whose user it does not know, or knows by name alone. */
  logAuth(text: ByteString, user: ByteString | null = null): void {
    const client = this.#client;
    if (!client.settings.login.authVerbose) return;
    const mechanism = client.mechanism.toLowerCase();
    const session = client.session();
    const name = user === null ? '?' : sanitize(user, 64, client.series);
    const line =
      client.series === '2.3'
        ? `auth: Info: ${mechanism}(${name},${client.remoteIp},<${session}>): ${text}`
        : `auth(${name},${client.remoteIp},sasl:${mechanism})<${session}>: Info: ${text}`;
    this.#side.act({ kind: 'log_auth', level: 'info', line });
  }
}
