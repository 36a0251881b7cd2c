import type { ByteString } from '../../../grammar/bytes.js';
import { utf8CharLength } from '../../../grammar/utf8.js';

/** Fields of an ErrorResponse (PostgreSQL 15 manual, 55.8). */
export interface ServerError {
  readonly severity: ByteString;
  readonly message: ByteString;
  readonly detail: ByteString;
  readonly hint: ByteString;
  /** 1-based place in the query, in characters; 0 = none. */
  readonly position: number;
  readonly internalPosition: number;
  readonly internalQuery: ByteString;
  readonly where: ByteString;
}

/**
 * PQresultErrorMessage() with its default verbosity, without the last newline.
 * PostgreSQL 15 fe-protocol3.c: pqBuildErrorMessage3
 */
export function errorText(error: ServerError, query: ByteString): ByteString {
  let text = `${error.severity}:  ${error.message}\n`;
  if (error.position > 0) text += errorPlace(query, error.position);
  else if (error.internalPosition > 0 && error.internalQuery !== '')
    text += errorPlace(error.internalQuery, error.internalPosition);
  if (error.detail !== '') text += `DETAIL:  ${error.detail}\n`;
  if (error.hint !== '') text += `HINT:  ${error.hint}\n`;
  if (error.internalQuery !== '') text += `QUERY:  ${error.internalQuery}\n`;
  if (error.where !== '') text += `CONTEXT:  ${error.where}\n`;
  return text.slice(0, -1);
}

/** Widest line that is shown whole, and how near the place may come to its right end. */
const DISPLAY_SIZE = 60;
const MIN_RIGHT_CUT = 10;

/** The line of the query with a mark below the place. PostgreSQL 15 fe-protocol3.c: reportErrorPosition */
function errorPlace(query: ByteString, position: number): ByteString {
  const place = position - 1;
  const chars = characters(query);
  let line = 1;
  let begin = 0;
  let end = -1;
  for (const [index, char] of chars.entries()) {
    if (char !== '\r' && char !== '\n') continue;
    if (index >= place) {
      end = index;
      break;
    }
    if (char === '\r' || chars[index - 1] !== '\r') line += 1;
    begin = index + 1;
  }
  if (end === -1) end = chars.length;
  if (place > chars.length) return '';
  let cutLeft = false;
  let cutRight = false;
  if (end - begin > DISPLAY_SIZE) {
    if (begin + DISPLAY_SIZE >= place + MIN_RIGHT_CUT) {
      end = begin + DISPLAY_SIZE;
      cutRight = true;
    } else {
      if (place + MIN_RIGHT_CUT < end) {
        end = place + MIN_RIGHT_CUT;
        cutRight = true;
      }
      if (end - begin > DISPLAY_SIZE) {
        begin = end - DISPLAY_SIZE;
        cutLeft = true;
      }
    }
  }
  const prefix = `LINE ${line}: ${cutLeft ? '...' : ''}`;
  const shown = chars
    .slice(begin, end)
    .map((char) => (char === '\t' ? ' ' : char))
    .join('');
  return `${prefix}${shown}${cutRight ? '...' : ''}\n${' '.repeat(prefix.length + place - begin)}^\n`;
}

function characters(text: ByteString): ByteString[] {
  const chars: ByteString[] = [];
  for (let at = 0; at < text.length; ) {
    const length = Math.max(utf8CharLength(text, at), 1);
    chars.push(text.slice(at, at + length));
    at += length;
  }
  return chars;
}

const SYSTEM_TEXT: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Connection refused',
  ECONNRESET: 'Connection reset by peer',
  EHOSTUNREACH: 'No route to host',
  ENETUNREACH: 'Network is unreachable',
  ENOENT: 'No such file or directory',
  EACCES: 'Permission denied',
  ETIMEDOUT: 'Connection timed out',
  ENOTSOCK: 'Socket operation on non-socket',
};

/** What a failed connect(2) reads like. PostgreSQL 15 fe-connect.c: connectFailureMessage */
export function connectFailureText(code: string, isSocket: boolean): ByteString {
  const hint = isSocket
    ? 'Is the server running locally and accepting connections on that socket?'
    : 'Is the server running on that host and accepting TCP/IP connections?';
  return `${SYSTEM_TEXT[code] ?? code}\n\t${hint}`;
}

/** `connection to server at "db1" (192.0.2.1), port 5432`. PostgreSQL 15 fe-connect.c: emitHostIdentityInfo */
export function connectionPlace(host: ByteString, ip: ByteString, port: ByteString): ByteString {
  if (host.startsWith('/')) return `connection to server on socket "${host}/.s.PGSQL.${port}"`;
  const address = host === '' ? ip : host;
  const resolved = ip === '' || ip === address ? '' : ` (${ip})`;
  return `connection to server at "${address}"${resolved}, port ${port}`;
}
