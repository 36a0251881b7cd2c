import type { ByteString } from '../../grammar/bytes.js';
import { parseIp } from './ip-address.js';

/** RFC 3986 3.2.1; Dovecot lib/uri-util.c uri_append_userinfo */
function escapeUserinfo(user: ByteString): ByteString {
  return user.replace(
    /[^A-Za-z0-9\-._~!$&'()*+,;=:]/g,
    (character) => `%${character.charCodeAt(0).toString(16).padStart(2, '0').toUpperCase()}`,
  );
}

/** `user@host[:port]` for a referral to the client. */
export function formatAuthority(user: ByteString, host: ByteString, port: number | null): ByteString {
  const place = parseIp(host)?.family === 6 ? `[${host}]` : host;
  return `${escapeUserinfo(user)}@${place}${port === null ? '' : `:${port}`}`;
}

const AUTHORITY =
  /^(?:([A-Za-z0-9\-._~!$&'()*+,;=:%]*)@)?(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9\-._~!$&'()*+,;=%]+)(?::(\d+))?/;

/** `user@host[:port]` at the start of a backend's text, decoded, and what follows it; null where there is none. */
export function parseAuthority(
  text: ByteString,
): { readonly target: ByteString; readonly rest: ByteString } | null {
  const match = AUTHORITY.exec(text);
  if (match === null) return null;
  const [whole, user = '', host = '', port] = match;
  if (/%(?![0-9A-Fa-f]{2})/.test(user)) return null;
  const name = user.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  const target = `${name}@${host}${port === undefined ? '' : `:${port}`}`;
  return { target, rest: text.slice(whole.length) };
}
