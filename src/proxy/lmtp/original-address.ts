import type { ByteString } from '../../../grammar/bytes.js';
import type { SmtpAddress } from '../../config/smtp-address.js';

const ATOM = "[A-Za-z0-9!#$%&'*+\\-/=?^_`{|}~]+";
const QUOTED = '"(?:[^"\\\\]|\\\\.)*"';
const WORD = `(?:${ATOM}|${QUOTED})`;
const DOT_ATOM = `${ATOM}(?:\\.${ATOM})*`;
const DOMAIN = `(?:${DOT_ATOM}|\\[[^[\\]\\\\]*\\])`;

/** `[name] <[route:]address>` */
const NAMED = new RegExp(`^(?:[ \\t]*${WORD})*[ \\t]*<[ \\t]*(?:@[^:>]*:)?[ \\t]*(.*?)[ \\t]*>$`);
const ADDRESS = new RegExp(`^(${QUOTED}|${DOT_ATOM})[ \\t]*(?:@[ \\t]*(${DOMAIN})?)?$`);

/**
 * The address of an ORCPT, as headers have it; null where it is none. A local part alone is enough, unless it is
 * quoted. Dovecot lib-smtp/smtp-params.c smtp_params_rcpt_parse_orcpt_rfc822, lib-mail/message-address.c
 */
export function parseOriginalAddress(text: ByteString): SmtpAddress | null {
  const trimmed = text.replace(/^[ \t]+|[ \t]+$/g, '');
  const inside = NAMED.exec(trimmed)?.[1];
  const match = ADDRESS.exec(inside ?? trimmed);
  if (match === null) return null;
  const [, local = '', domain = null] = match;
  const isQuoted = local.startsWith('"');
  const localpart = isQuoted ? local.slice(1, -1).replace(/\\(.)/g, '$1') : local;
  if (localpart === '' || (isQuoted && domain === null && inside === undefined)) return null;
  return { localpart, domain };
}
