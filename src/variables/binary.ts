import type { ByteString } from '../../grammar/bytes.js';

export function toBytes(text: ByteString): Buffer {
  return Buffer.from(text, 'latin1');
}

export function toByteString(bytes: Uint8Array): ByteString {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

export function hexOf(text: ByteString): ByteString {
  return toBytes(text).toString('hex');
}

/** Bytes of a hexadecimal text up to its first mistake, and whether there was none (Dovecot hex-binary.c). */
export function bytesOfHex(text: ByteString): { readonly bytes: ByteString; readonly valid: boolean } {
  const digits = /^(?:[0-9a-fA-F]{2})*/.exec(text)?.[0] ?? '';
  return {
    bytes: Buffer.from(digits, 'hex').toString('latin1'),
    valid: digits.length === text.length,
  };
}

export function base64Of(text: ByteString, options: { url: boolean; pad: boolean }): ByteString {
  const bytes = toBytes(text);
  const encoded = bytes.toString(options.url ? 'base64url' : 'base64').replace(/=+$/, '');
  return options.pad ? encoded.padEnd(Math.ceil(encoded.length / 4) * 4, '=') : encoded;
}

/**
 * Bytes of a base64 text as far as it is valid (Dovecot 2.4.1 base64.c): whitespace is skipped, what follows the first
 * other byte is lost, and the bytes that were complete by then stay. `complete` is false for broken input.
 */
export function bytesOfBase64(
  text: ByteString,
  url: boolean,
): { readonly bytes: ByteString; readonly complete: boolean } {
  const digits = url ? /[A-Za-z0-9_\- \t\r\n]*/y : /[A-Za-z0-9+/ \t\r\n]*/y;
  digits.lastIndex = 0;
  const run = digits.exec(text)?.[0] ?? '';
  const data = run.replace(/[ \t\r\n]+/g, '');
  const rest = text.slice(run.length).replace(/[ \t\r\n]+/g, '');
  const left = data.length % 4;
  // An incomplete last group yields the bytes that its digits fill: one for two digits, two for three.
  const bytes = Buffer.from(data.slice(0, left === 1 ? -1 : undefined), url ? 'base64url' : 'base64');
  const padding = left === 2 ? '==' : left === 3 ? '=' : '';
  return { bytes: bytes.toString('latin1'), complete: left !== 1 && rest === padding };
}

/** The topmost `bits` bits, right-aligned (Dovecot buffer.c buffer_truncate_rshift_bits). */
export function topBits(text: ByteString, bits: number): ByteString {
  if (text.length * 8 < bits) return text;
  const bytes = toBytes(text.slice(0, Math.ceil(bits / 8)));
  const rest = bits % 8;
  if (rest > 0) {
    for (let at = bytes.length - 1; at >= 0; at--) {
      const above = at > 0 ? ((bytes[at - 1] ?? 0) << rest) & 0xff : 0;
      bytes[at] = ((bytes[at] ?? 0) >> (8 - rest)) | above;
    }
  }
  return toByteString(bytes);
}
