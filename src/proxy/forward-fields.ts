import type { ByteString } from '../../grammar/bytes.js';
import { decodeBase64, encodeBase64 } from './sasl/sasl-server.js';

const ESCAPES: Readonly<Record<string, string>> = { '\0': '0', '\x01': '1', '\t': 't', '\r': 'r', '\n': 'n' };
const UNESCAPES: Readonly<Record<string, string>> = {
  '0': '\0',
  '1': '\x01',
  t: '\t',
  r: '\r',
  n: '\n',
};

/** Dovecot lib/strescape.c str_tabescape */
export function tabEscaped(text: ByteString): ByteString {
  return text.replace(/[\0\x01\t\r\n]/g, (character) => `\x01${ESCAPES[character] ?? ''}`);
}

export function tabUnescaped(text: ByteString): ByteString {
  return text.replace(/\x01([\s\S])/g, (_, letter: string) => UNESCAPES[letter] ?? letter);
}

/** The value of `FORWARD=` in XCLIENT; '' where nothing is forwarded. Dovecot pop3-proxy.c proxy_send_login */
export function encodeForward(fields: readonly (readonly [ByteString, ByteString | null])[]): ByteString {
  const text = fields.map(([name, value]) => tabEscaped(value === null ? name : `${name}=${value}`));
  return encodeBase64(text.join('\t'));
}

/** What a trusted front end sent in `FORWARD=`; null where it is no base64. Dovecot client-common.c client_forward_decode_base64 */
export function decodeForward(text: ByteString): [ByteString, ByteString][] | null {
  const decoded = decodeBase64(text);
  if (decoded === null) return null;
  if (decoded === '') return [];
  return decoded.split('\t').map((part): [ByteString, ByteString] => {
    const field = tabUnescaped(part);
    const equals = field.indexOf('=');
    return equals === -1 ? [field, ''] : [field.slice(0, equals), field.slice(equals + 1)];
  });
}
