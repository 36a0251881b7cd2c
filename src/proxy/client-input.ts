import type { ByteString } from '../../grammar/bytes.js';
import { InputBuffer } from './input-buffer.js';

/** Bytes that wait to be understood at most. Dovecot client-common.h LOGIN_MAX_INBUF_SIZE */
const MAX_INPUT = 1026;
/** Dovecot client-common.h LOGIN_MAX_AUTH_BUF_SIZE */
const MAX_AUTH_LINE = 8192;

/** A client's bytes before its login, let in under the limit that holds for all protocols. */
export class ClientInput {
  readonly buffer = new InputBuffer();
  readonly #limit: number;
  /** Read from the connection, not yet let into the buffer. */
  #waiting: ByteString = '';
  #line: ByteString = '';

  constructor(limit = MAX_INPUT) {
    this.#limit = limit;
  }

  append(data: ByteString): void {
    this.#waiting += data;
  }

  /** Lets in what the limit allows; `full` where nothing more fits although something waits. */
  refill(): 'filled' | 'nothing' | 'full' {
    if (this.#waiting === '') return 'nothing';
    const room = this.#limit - this.buffer.length;
    if (room <= 0) return 'full';
    this.buffer.append(this.#waiting.slice(0, room));
    this.#waiting = this.#waiting.slice(room);
    return 'filled';
  }

  /** All bytes that were not used, taken out: they belong to TLS or to the backend. */
  takeRest(): ByteString {
    const rest = this.buffer.takeAll() + this.#waiting;
    this.#waiting = '';
    return rest;
  }

  /** A line without its end; null where it is not there yet. */
  line(): ByteString | null {
    const end = this.buffer.indexOf('\n');
    if (end === -1) return null;
    const text = this.buffer.slice(0, this.buffer.at(end - 1) === '\r' ? end - 1 : end);
    this.buffer.skip(end + 1);
    return text;
  }

  /** A line of a SASL exchange, which may be longer than the buffer. Dovecot client_auth_read_line */
  saslLine(): { readonly text: ByteString } | 'too_large' | null {
    const end = this.buffer.indexOf('\n');
    const length = end === -1 ? this.buffer.length : end;
    if (this.#line.length + length > MAX_AUTH_LINE) return 'too_large';
    this.#line += this.buffer.slice(0, length);
    this.buffer.skip(end === -1 ? length : end + 1);
    if (end === -1) return null;
    const text = this.#line.endsWith('\r') ? this.#line.slice(0, -1) : this.#line;
    this.#line = '';
    return { text };
  }

  /** A new line begins: nothing of an unfinished SASL line counts. */
  forgetLine(): void {
    this.#line = '';
  }
}
