import type { ByteString } from '../../grammar/bytes.js';
import { isUtf8, utf8CharLength } from '../../grammar/utf8.js';
import { backslashEscape } from './ascii.js';
import type { Escape } from './scope.js';

// How Dovecot makes values safe inside queries, filters and keys (observed 2.3.19.1 and 2.4.1-4). Values are text in
// the query, never bound parameters, and no quotes are added.

export const escapeSqlite: Escape = (value) => value.replaceAll("'", "''");

const MYSQL_ESCAPES: Readonly<Record<string, string>> = {
  '\0': '\\0',
  '\n': '\\n',
  '\r': '\\r',
  '\x1a': '\\Z',
};

/** mysql_real_escape_string() without NO_BACKSLASH_ESCAPES. */
export const escapeMysql: Escape = (value) =>
  value.replace(/[\0\n\r\x1a'"\\]/g, (byte) => MYSQL_ESCAPES[byte] ?? `\\${byte}`);

/** PQescapeStringConn() with standard_conforming_strings on, PostgreSQL's default since 9.1. */
export const escapePgsql: Escape = (value) => value.replaceAll("'", "''");

/** Dovecot 2.3.19.1 db-ldap.c ldap_escape: in filters and in the base alike. */
export const escapeLdap23: Escape = (value) =>
  value.replace(/[*,\\#+<>;"()= \x80-\xff]/g, (byte) => `\\${hex(byte).toUpperCase()}`);

/** Dovecot 2.4.3 and its backport in Debian 13; 2.4.0 to 2.4.2 as released escape nothing (CVE-2026-27860). */
export const escapeLdap24: Escape = (value) =>
  replaceInvalidUtf8(value)
    .replace(/[\x01-\x1f\\*(),+<>;"=]/g, (byte) => `\\${hex(byte)}`)
    .replace(/^[# ]/, (byte) => `\\${hex(byte)}`)
    .replace(/ $/, '\\20');

/** Keys of a passwd-file with `username_format` (Dovecot strescape.c str_escape). */
export const escapeUsernameFormat: Escape = backslashEscape;

/** A value inside the path of a 2.3 passwd-file ends at its first `/` (Dovecot 2.3.19.1 db-passwd-file.c). */
export const escapePasswdFilePath23: Escape = (value) => {
  const slash = value.indexOf('/');
  return slash === -1 ? value : value.slice(0, slash);
};

function hex(byte: string): string {
  return byte.charCodeAt(0).toString(16).padStart(2, '0');
}

function replaceInvalidUtf8(value: ByteString): ByteString {
  if (isUtf8(value)) return value;
  let result = '';
  for (let at = 0; at < value.length; ) {
    const length = utf8CharLength(value, at);
    result += length > 0 ? value.slice(at, at + length) : '\xef\xbf\xbd';
    at += Math.max(length, 1);
  }
  return result;
}
