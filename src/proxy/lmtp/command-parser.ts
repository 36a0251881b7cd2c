import type { ByteString } from '../../../grammar/bytes.js';
import { InputBuffer } from '../input-buffer.js';
import { isParameterText } from '../submission/smtp-text.js';

/** Dovecot lib-smtp/smtp-command.h SMTP_COMMAND_DEFAULT_MAX_PARAMETERS_SIZE, smtp-command-parser.c */
const MAX_PARAMETERS = 4096;
const MAX_NAME = 32;
/** Enough to see what is wrong. */
const MAX_UNFINISHED = MAX_NAME + MAX_PARAMETERS + 3;

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
      if (this.#skipping) {
        if (end === -1) {
          this.buffer.takeAll();
          return null;
        }
        this.buffer.skip(end + 1);
        this.#skipping = false;
        continue;
      }
      if (rcptOnly && !/^rcpt /i.test(this.buffer.slice(0, 5))) return null;
      if (end !== -1) {
        const line = this.buffer.slice(0, end);
        this.buffer.skip(end + 1);
        return parseLine(line, true);
      }
      // A mistake is told before its line ends.
      const parsed = parseLine(this.buffer.slice(0, MAX_UNFINISHED), false);
      if (parsed === null) return null;
      this.buffer.takeAll();
      this.#skipping = true;
      return parsed;
    }
  }

  /** All bytes that were not used, taken out: they belong to TLS. */
  takeRest(): ByteString {
    this.#skipping = false;
    return this.buffer.takeAll();
  }
}

/** null: more of it has to come. Dovecot lib-smtp/smtp-command-parser.c smtp_command_parse_line */
function parseLine(line: ByteString, complete: boolean): ParsedCommand | null {
  const name = /^[A-Za-z]*/.exec(line)?.[0] ?? '';
  if (name.length > MAX_NAME) return { kind: 'bad' };
  const behind = line.charAt(name.length);
  if (behind !== ' ') return ended(name, '', line.slice(name.length), complete);
  const text = /^[\t\x20-\x7e\x80-\xff]*/.exec(line.slice(name.length + 1))?.[0] ?? '';
  const rest = line.slice(name.length + 1 + text.length);
  // A character may be there in part.
  const whole = complete || rest !== '' ? text : text.replace(/[\x80-\xff]{1,3}$/, '');
  if (!isParameterText(whole)) return { kind: 'bad' };
  if (text.length > MAX_PARAMETERS) return { kind: 'too_long' };
  const parameters = text.replace(/[ \t]+$/, '');
  if (rest === '' && !complete) return null;
  return parameters.startsWith(' ') ? { kind: 'bad' } : ended(name, parameters, rest, complete);
}

/** A line ends in CRLF or LF. */
function ended(
  name: ByteString,
  parameters: ByteString,
  rest: ByteString,
  complete: boolean,
): ParsedCommand | null {
  if (rest !== '' && rest !== '\r') return { kind: 'bad' };
  return complete ? { kind: 'command', name: name.toUpperCase(), parameters } : null;
}
