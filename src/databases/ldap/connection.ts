import { readFileSync } from 'node:fs';
import { connect as connectSocket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { ResultCodeError } from 'ldapts';
import { type ByteString, fromUtf8, toUtf8 } from '../../../grammar/bytes.js';
import { type LdapEntry, LdapResult, type SearchScope, Unreachable } from './directory.js';
import type { ByteFilter } from './filter.js';
import { resultText } from './result-text.js';
import type { LdapServer, LdapTarget, LdapTls } from './target.js';
import { ByteClient } from './wire.js';

// Dovecot db-ldap.h: DB_LDAP_CONNECT_TIMEOUT_SECS, DB_LDAP_REQUEST_LOST_TIMEOUT_SECS
const CONNECT_TIMEOUT = 5_000;
const REQUEST_TIMEOUT = 60_000;
/** Entries that are read ahead of who asks for them. */
const READ_AHEAD = 200;
/** Where Debian's /etc/ldap/ldap.conf points to. */
const SYSTEM_CA = '/etc/ssl/certs/ca-certificates.crt';

/** One connection to the first server of the list that answers. */
export class LdapConnection {
  readonly #client: ByteClient;
  readonly #target: LdapTarget;
  readonly host: string;

  private constructor(client: ByteClient, target: LdapTarget, host: string) {
    this.#client = client;
    this.#target = target;
    this.host = host;
  }

  /** Rejects with Unreachable. */
  static async open(target: LdapTarget): Promise<LdapConnection> {
    let last = new Unreachable(toUtf8(target.label), 'no server');
    for (const server of target.servers) {
      const host = server.scheme === 'ldapi' ? toUtf8(server.host) : `${toUtf8(server.host)}:${server.port}`;
      const tls = server.scheme === 'ldaps' || target.startTls ? tlsOptions(target.tls, server) : null;
      const client = new ByteClient({
        url: server.scheme === 'ldaps' ? 'ldaps://server' : 'ldap://server',
        connectTimeout: CONNECT_TIMEOUT,
        timeout: REQUEST_TIMEOUT,
        strictDN: false,
        ...(server.scheme === 'ldaps' && tls !== null ? { tlsOptions: tls } : {}),
        createConnection: () =>
          server.scheme === 'ldapi'
            ? connectSocket(toUtf8(server.host))
            : connectSocket({ host: toUtf8(server.host), port: server.port }),
      });
      // ldapts takes its host from the URL, which knows no scoped addresses.
      Object.assign(client, { host: toUtf8(server.host), port: server.port });
      const connection = new LdapConnection(client, target, host);
      try {
        if (target.startTls && server.scheme !== 'ldaps' && tls !== null) await client.startTLS(tls);
      } catch (error) {
        await connection.close();
        last = new Unreachable(
          host,
          messageOf(error),
          isConnectError(error) ? null : `ldap_start_tls_s() failed: Connect error`,
        );
        continue;
      }
      try {
        await connection.bindDefault();
        return connection;
      } catch (error) {
        await connection.close();
        if (error instanceof LdapResult) throw refused(error, target, host);
        last = new Unreachable(host, messageOf(error));
      }
    }
    throw last;
  }

  get isOpen(): boolean {
    return this.#client.isConnected;
  }

  bindDefault(): Promise<void> {
    return this.bind(this.#target.dn, this.#target.password);
  }

  /** Rejects with LdapResult or Unreachable. */
  async bind(dn: ByteString, password: ByteString): Promise<void> {
    try {
      await this.#client.bindAs(dn, password);
    } catch (error) {
      throw this.#failure(error);
    }
  }

  /** Rejects with LdapResult or Unreachable. */
  async search(
    base: ByteString,
    scope: SearchScope,
    filter: ByteFilter,
    attributes: readonly ByteString[],
  ): Promise<LdapEntry[]> {
    const { deref } = this.#target;
    const entries: LdapEntry[] = [];
    try {
      await this.#client.searchFor({ base, scope, filter, attributes, deref }, (entry) =>
        entries.push(entry),
      );
      return entries;
    } catch (error) {
      throw this.#failure(error);
    }
  }

  /** The same, entry by entry: the server waits where they are not taken. */
  async *stream(
    base: ByteString,
    scope: SearchScope,
    filter: ByteFilter,
    attributes: readonly ByteString[],
  ): AsyncGenerator<LdapEntry> {
    const { deref } = this.#target;
    const waiting: LdapEntry[] = [];
    let wake: () => void = () => undefined;
    let over: { readonly error: unknown } | null = null;
    this.#client
      .searchFor({ base, scope, filter, attributes, deref }, (entry) => {
        if (waiting.push(entry) >= READ_AHEAD) this.#client.pause();
        wake();
      })
      .then(
        () => {
          over = { error: null };
        },
        (error: unknown) => {
          over = { error: this.#failure(error) };
        },
      )
      .finally(() => wake());
    const end = (): { readonly error: unknown } | null => over;
    for (;;) {
      yield* waiting.splice(0);
      if (waiting.length > 0) continue;
      const ended = end();
      if (ended !== null) {
        if (ended.error !== null) throw ended.error;
        return;
      }
      this.#client.resume();
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }

  async close(): Promise<void> {
    await this.#client.unbind().catch(() => undefined);
  }

  #failure(error: unknown): Error {
    if (error instanceof LdapResult) return error;
    if (error instanceof ResultCodeError) {
      const text = error.message.replace(/ Code: 0x[0-9a-f]+$/, '');
      return new LdapResult(error.code, fromUtf8(text));
    }
    return new Unreachable(this.host, messageOf(error));
  }
}

/** Dovecot db-ldap.c: db_ldap_connect_finish, ldap_get_error */
function refused({ code, diagnostic }: LdapResult, target: LdapTarget, host: string): Unreachable {
  const text = resultText(code) + (diagnostic === '' ? '' : `, ${diagnostic}`);
  const name = target.dn === '' ? '(none)' : target.dn;
  return new Unreachable(host, toUtf8(text), `binding failed (dn ${name}): ${text}`);
}

function messageOf(error: unknown): string {
  const { code, message } = error as { code?: unknown; message?: string };
  return message !== undefined && message !== '' ? message : String(code ?? error);
}

function isConnectError(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^E[A-Z_]+$/.test(code) && !code.startsWith('ERR_');
}

function tlsOptions(tls: LdapTls, server: LdapServer): ConnectionOptions {
  const file = (path: ByteString): string => readFileSync(toUtf8(path), 'utf8');
  let ca: string | null = null;
  if (tls.ca !== '') ca = file(tls.ca);
  else if (tls.verify)
    try {
      ca = file(SYSTEM_CA);
    } catch {
      // Node's own list of authorities.
    }
  return {
    host: toUtf8(server.host),
    servername: /^[0-9.]+$|:/.test(server.host) ? '' : toUtf8(server.host),
    rejectUnauthorized: tls.verify,
    ...(ca === null ? {} : { ca }),
    ...(tls.certificate === '' ? {} : { cert: file(tls.certificate) }),
    ...(tls.key === '' ? {} : { key: file(tls.key) }),
    ...(tls.ciphers === '' ? {} : { ciphers: toUtf8(tls.ciphers) }),
    ...(tls.minProtocol.startsWith('TLSv1') ? { minVersion: tls.minProtocol as 'TLSv1.2' } : {}),
  };
}
