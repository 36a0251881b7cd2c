import type { ByteString } from '../../../grammar/bytes.js';

const QUOTES: Readonly<Record<string, string>> = { "'": "'", '"': '"', '`': '`', '[': ']' };

/**
 * The first statement of a text without its `;`. sqlite3_prepare() compiles the first statement only and takes a
 * C string, so what follows a `;` or a NUL is never run.
 */
export function firstSqliteStatement(text: ByteString): ByteString {
  const nul = text.indexOf('\0');
  const query = nul === -1 ? text : text.slice(0, nul);
  for (let at = 0; at < query.length; at++) {
    const char = query.charAt(at);
    const close = QUOTES[char];
    if (close !== undefined) {
      const end = query.indexOf(close, at + 1);
      if (end === -1) return query;
      at = end;
    } else if (char === '-' && query.startsWith('--', at)) {
      const end = query.indexOf('\n', at);
      if (end === -1) return query;
      at = end;
    } else if (char === '/' && query.startsWith('/*', at)) {
      const end = query.indexOf('*/', at + 2);
      if (end === -1) return query;
      at = end + 1;
    } else if (char === ';') {
      return query.slice(0, at);
    }
  }
  return query;
}
