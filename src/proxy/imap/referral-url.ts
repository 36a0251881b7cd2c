import type { ByteString } from '../../../grammar/bytes.js';

/** RFC 3986 2.3 and the sub-delimiters that a user name may hold unescaped. Dovecot lib/uri-util.c */
function escapeUser(user: ByteString): ByteString {
  return user.replace(
    /[^A-Za-z0-9\-._~!$'()*+,&=]/g,
    (character) => `%${character.charCodeAt(0).toString(16).padStart(2, '0').toUpperCase()}`,
  );
}

/** `imap://USER;AUTH=MECH@HOST[:PORT]/` of a referral to the client. RFC 2221, Dovecot imap-url.c imap_url_create */
export function referralUrl(
  user: ByteString,
  mechanism: ByteString,
  host: ByteString,
  port: number | null,
): ByteString {
  const auth = mechanism === '' ? '' : `;AUTH=${mechanism}`;
  return `imap://${escapeUser(user)}${auth}@${host}${port === null ? '' : `:${port}`}/`;
}

function unescapeUrl(text: ByteString): ByteString | null {
  if (/%(?![0-9A-Fa-f]{2})/.test(text)) return null;
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

/**
 * `[user@]host[:port]` from a backend's `REFERRAL imap://...]`; null where it is none that can be followed.
 * Dovecot 2.4.1 imap-proxy.c auth_resp_code_parse_referral
 */
export function parseImapReferral(code: ByteString): ByteString | null {
  const match =
    /^REFERRAL imap:\/\/(?:([^;@/\]]*)(?:;AUTH=[^@/\]]*)?@)?(\[[^\]]+\]|[^:/@\][]+)(?::(\d+))?\/?\]/i.exec(
      code,
    );
  if (match === null) return null;
  const [, escapedUser, host = '', port] = match;
  const user = escapedUser === undefined ? undefined : unescapeUrl(escapedUser);
  if (user === null) return null;
  return `${user === undefined || user === '' ? '' : `${user}@`}${host}${port === undefined ? '' : `:${port}`}`;
}
