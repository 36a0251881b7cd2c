import type { ByteString } from '../../../grammar/bytes.js';
import type { SmtpAddress } from '../../config/smtp-address.js';

const CHARACTER = "[A-Za-z0-9!#$%&'*+\\-/=?^_`{|}~]";
const QUOTED = '"(?:[^"\\\\]|\\\\.)*"';
const DOT_ATOM = `${CHARACTER}+(?:\\.${CHARACTER}+)*`;
const DOMAIN = `(?:${DOT_ATOM}|\\[[^[\\]\\\\]*\\])`;

/** Words and spaces, each as long as it can be: no text has two readings. */
const NAME = new RegExp(`^(?:[ \\t]+(?![ \\t])|${QUOTED}|${CHARACTER}+(?!${CHARACTER}))*(?=<)`);
const ROUTE = /^@[^:>]*:[ \t]*/;
const ADDRESS = new RegExp(`^(${QUOTED}|${DOT_ATOM})[ \\t]*(?:@[ \\t]*(${DOMAIN})?)?$`);

function trimmed(text: ByteString): ByteString {
  return text.replace(/^[ \t]+/, '').replace(/(?<![ \t])[ \t]+$/, '');
}

/** What stands in brackets behind a name; null where nothing does. */
function bracketed(text: ByteString): ByteString | null {
  const name = NAME.exec(text)?.[0];
  if (name === undefined || !text.endsWith('>')) return null;
  return trimmed(trimmed(text.slice(name.length + 1, -1)).replace(ROUTE, ''));
}

/**
 * The address of an ORCPT, as headers have it; null where it is none. A local part alone is enough, unless it is
 * quoted. Dovecot lib-smtp/smtp-params.c smtp_params_rcpt_parse_orcpt_rfc822, lib-mail/message-address.c
 */
export function parseOriginalAddress(text: ByteString): SmtpAddress | null {
  const whole = trimmed(text);
  const inside = bracketed(whole);
  const match = ADDRESS.exec(inside ?? whole);
  if (match === null) return null;
  const [, local = '', domain = null] = match;
  const isQuoted = local.startsWith('"');
  const localpart = isQuoted ? local.slice(1, -1).replace(/\\(.)/g, '$1') : local;
  if (localpart === '' || (isQuoted && domain === null && inside === null)) return null;
  return { localpart, domain };
}
