import { readFileSync } from 'node:fs';
import { connect as connectSocket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { type BerWriter, BindRequest, Client, ResultCodeError } from 'ldapts';
import { type ByteString, fromUtf8, toUtf8 } from '../../../grammar/bytes.js';
import type { ByteFilter } from './filter.js';
import { resultText } from './result-text.js';
import type { LdapServer } from './target.js';

/** How servers are reached and what is said first. */
export interface LdapTarget {
  readonly servers: readonly LdapServer[];
  /** What a line about the connection names: the setting's text. */
  readonly label: ByteString;
  readonly dn: ByteString;
  readonly password: ByteString;
  readonly startTls: boolean;
  readonly tls: LdapTls;
  readonly deref: 'never' | 'searching' | 'finding' | 'always';
}

export interface LdapTls {
  readonly ca: ByteString;
  readonly certificate: ByteString;
  readonly key: ByteString;
  readonly ciphers: ByteString;
  readonly minProtocol: ByteString;
  readonly verify: boolean;
}

export interface LdapEntry {
  readonly dn: ByteString;
  /** As the server names and orders them. */
  readonly attributes: readonly { readonly name: ByteString; readonly values: readonly ByteString[] }[];
}

export type SearchScope = 'base' | 'onelevel' | 'subtree';

/** Nobody answered, or the connection ended. */
export class Unreachable extends Error {
  readonly host: string;
  /** The server was there, but would not let us in or start TLS: what is logged instead. */
  readonly logged: ByteString | null;

  constructor(host: string, message: string, logged: ByteString | null = null) {
    super(message);
    this.host = host;
    this.logged = logged;
  }
}

/** The server answered with a result that is not success. */
export class LdapResult extends Error {
  readonly code: number;
  readonly diagnostic: ByteString;

  constructor(code: number, diagnostic: ByteString) {
    super(`LDAP result ${code}`);
    this.code = code;
    this.diagnostic = diagnostic;
  }
}

// Dovecot db-ldap.h: DB_LDAP_CONNECT_TIMEOUT_SECS, DB_LDAP_REQUEST_LOST_TIMEOUT_SECS
const CONNECT_TIMEOUT = 5_000;
const REQUEST_TIMEOUT = 60_000;
/** Where Debian's /etc/ldap/ldap.conf points to. */
const SYSTEM_CA = '/etc/ssl/certs/ca-certificates.crt';

const DEREF = { never: 'never', searching: 'search', finding: 'find', always: 'always' } as const;
const SCOPE = { base: 'base', onelevel: 'one', subtree: 'sub' } as const;

/** Asks for every attribute's bytes, whatever its name. */
class EveryName extends Array<string> {
  override includes(): boolean {
    return true;
  }
}

/** A simple bind with the bytes that the client gave. */
class ByteBind extends BindRequest {
  readonly #dn: ByteString;
  readonly #password: ByteString;

  constructor(messageId: number, dn: ByteString, password: ByteString) {
    super({ messageId });
    this.#dn = dn;
    this.#password = password;
  }

  override writeMessage(writer: BerWriter): void {
    writer.writeInt(3);
    writer.writeBuffer(Buffer.from(this.#dn, 'latin1'), 4);
    writer.writeBuffer(Buffer.from(this.#password, 'latin1'), 0x80);
  }
}

/** What sends a bind: ldapts' own methods, which its types keep to themselves. */
interface BindMethods {
  _nextMessageId(): number;
  _sendBind(request: BindRequest): Promise<void>;
}

/** One connection to the first server of the list that answers. */
export class LdapConnection {
  readonly #client: Client;
  readonly #target: LdapTarget;
  readonly host: string;

  private constructor(client: Client, target: LdapTarget, host: string) {
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
      const client = new Client({
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
    const methods = this.#client as unknown as BindMethods;
    try {
      await methods._sendBind(new ByteBind(methods._nextMessageId(), dn, password));
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
    try {
      const { searchEntries } = await this.#client.search(toUtf8(base), {
        scope: SCOPE[scope],
        filter,
        derefAliases: DEREF[this.#target.deref],
        attributes: attributes.map(toUtf8),
        explicitBufferAttributes: new EveryName(),
        timeLimit: 0,
      });
      const asked = new Set(attributes.map((name) => name.toLowerCase()));
      return searchEntries.map(({ dn, ...rest }) => ({
        dn: fromUtf8(dn),
        attributes: Object.entries(rest)
          .map(([name, value]) => ({ name: fromUtf8(name), values: valuesOf(value) }))
          // ldapts adds the names that were asked for and not found.
          .filter(({ name, values }) => values.length > 0 || !asked.has(name.toLowerCase())),
      }));
    } catch (error) {
      throw this.#failure(error);
    }
  }

  async close(): Promise<void> {
    await this.#client.unbind().catch(() => undefined);
  }

  #failure(error: unknown): Error {
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

function valuesOf(value: Buffer | Buffer[] | string[] | string): ByteString[] {
  const list: readonly (Buffer | string)[] = Array.isArray(value) ? value : [value];
  return list.map((each) => (Buffer.isBuffer(each) ? each.toString('latin1') : fromUtf8(each)));
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
