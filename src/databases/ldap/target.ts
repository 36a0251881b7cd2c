import type { ByteString } from '../../../grammar/bytes.js';

/** One server of a list. */
export interface LdapServer {
  /** Host name or address; for `ldapi` the path of a socket. */
  readonly host: ByteString;
  readonly port: number;
  readonly scheme: 'ldap' | 'ldaps' | 'ldapi';
}

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

const PORTS = { ldap: 389, ldaps: 636, ldapi: 0 } as const;
/** Debian's libldap. */
const DEFAULT_SOCKET = '/var/run/slapd/ldapi';

/** `hosts = a b:390 [::1]:389`: libldap's ldap_init() takes blanks and commas. */
export function parseHosts(text: ByteString): LdapServer[] {
  return text
    .split(/[ ,]+/)
    .filter((word) => word !== '')
    .map((word) => server('ldap', word));
}

/** `uris = ldap://a ldaps://b:636 ldapi://%2frun%2fslapd`. null: libldap does not take one of them. */
export function parseUris(text: ByteString): LdapServer[] | null {
  const servers: LdapServer[] = [];
  for (const word of text.split(/[ ,]+/)) {
    if (word === '') continue;
    const [, scheme, rest] = /^(ldap|ldaps|ldapi):\/\/([^/?]*)/i.exec(word) ?? [];
    const lower = scheme?.toLowerCase();
    if ((lower !== 'ldap' && lower !== 'ldaps' && lower !== 'ldapi') || rest === undefined) return null;
    servers.push(server(lower, rest));
  }
  return servers.length === 0 ? null : servers;
}

function server(scheme: LdapServer['scheme'], text: ByteString): LdapServer {
  if (scheme === 'ldapi') {
    const path = text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
    return { scheme, host: path === '' ? DEFAULT_SOCKET : path, port: 0 };
  }
  const [, bracketed, plain, port] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d*))?$/.exec(text) ?? [];
  const host = bracketed ?? plain ?? text;
  return { scheme, host: host === '' ? 'localhost' : host, port: Number(port) || PORTS[scheme] };
}
