import type { ByteString } from '../../../grammar/bytes.js';
import { InputBuffer } from '../input-buffer.js';
import { isParameterText } from '../submission/smtp-text.js';

/** Dovecot lib-smtp/smtp-command.h SMTP_COMMAND_DEFAULT_MAX_PARAMETERS_SIZE, smtp-command-parser.c */
const MAX_PARAMETERS = 4096;
const MAX_NAME = 32;

export type ParsedCommand =
  | { readonly kind: 'command'; readonly name: ByteString; readonly parameters: ByteString }
  | { readonly kind: 'bad' }
  | { readonly kind: 'too_long' };

/** Takes commands out of a client's bytes. Dovecot lib-smtp/smtp-command-parser.c; RFC 5321 4.1.1 */
export class CommandParser {
  readonly buffer = new InputBuffer();
  /** The rest of a line that was refused is still to come. */
  #skipping = false;

  /** null where more bytes are needed. While RCPT commands are under way, only further ones are let through. */
  next(rcptOnly: boolean): ParsedCommand | null {
    for (;;) {
      const end = this.buffer.indexOf('\n');
      if (rcptOnly && !/^rcpt /i.test(this.buffer.slice(0, 5))) return null;
      if (end === -1) return this.#unfinished();
      const line = this.buffer.slice(0, this.buffer.at(end - 1) === '\r' ? end - 1 : end);
      this.buffer.skip(end + 1);
      if (!this.#skipping) return parseLine(line);
      this.#skipping = false;
    }
  }

  /** All bytes that were not used, taken out: they belong to TLS. */
  takeRest(): ByteString {
    this.#skipping = false;
    return this.buffer.takeAll();
  }

  #unfinished(): ParsedCommand | null {
    if (this.buffer.length <= MAX_PARAMETERS + MAX_NAME + 2) return null;
    this.buffer.takeAll();
    const first = !this.#skipping;
    this.#skipping = true;
    return first ? { kind: 'too_long' } : null;
  }
}

function parseLine(line: ByteString): ParsedCommand {
  const match = /^([A-Za-z]{0,32})(?: (.*))?$/s.exec(line);
  const parameters = (match?.[2] ?? '').replace(/[ \t]+$/, '');
  if (match === null || parameters.startsWith(' ') || !isParameterText(parameters)) return { kind: 'bad' };
  if (parameters.length > MAX_PARAMETERS) return { kind: 'too_long' };
  return { kind: 'command', name: (match[1] ?? '').toUpperCase(), parameters };
}
