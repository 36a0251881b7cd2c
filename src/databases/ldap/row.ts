import type { ByteString } from '../../../grammar/bytes.js';
import type { Row } from '../../auth/driver.js';
import type { Provider } from '../../variables/scope.js';
import type { LdapEntry } from './directory.js';

/** What 2.4 `%{ldap:ATTR}` and `%{ldap_multi:ATTR}` see of an entry. Dovecot 2.4.1 db-ldap.c: ldap_query_get_fields */
export function ldapRow(entry: LdapEntry, asked: readonly ByteString[]): Row {
  const columns = new Map<ByteString, ByteString>();
  const multiple = new Map<ByteString, ByteString>();
  for (const attribute of asked) {
    const name = attribute.toLowerCase();
    const found = entry.attributes.find((each) => each.name.toLowerCase() === name)?.values ?? [];
    const values = found.map(cString);
    columns.set(name, values[0] ?? '');
    if (values.length > 1) multiple.set(name, values.map(tabEscaped).join('\t'));
  }
  const single: Provider = (key) => {
    const name = key.toLowerCase();
    const value = name === 'dn' ? entry.dn : (columns.get(name) ?? '');
    return value === '' ? missing(name) : { kind: 'value', value };
  };
  const all: Provider = (key) => {
    const name = key.toLowerCase();
    const value = multiple.get(name) || columns.get(name) || '';
    return value === '' ? missing(name) : { kind: 'value', value };
  };
  return {
    prefix: 'ldap',
    columns,
    providers: new Map([
      ['ldap', single],
      ['ldap_multi', all],
    ]),
  };
}

function missing(name: ByteString): ReturnType<Provider> {
  return { kind: 'error', message: `No such attribute '${name}'` };
}

function cString(value: ByteString): ByteString {
  const nul = value.indexOf('\0');
  return nul === -1 ? value : value.slice(0, nul);
}

const TAB_ESCAPES: Readonly<Record<string, string>> = {
  '\0': '\x010',
  '\x01': '\x011',
  '\t': '\x01t',
  '\r': '\x01r',
  '\n': '\x01n',
};

/** Dovecot lib/strescape.c: str_tabescape */
function tabEscaped(value: ByteString): ByteString {
  return value.replace(/[\0\x01\t\r\n]/g, (byte) => TAB_ESCAPES[byte] ?? byte);
}
