import type { ByteString } from '../../../grammar/bytes.js';
import { ClientInput } from '../client-input.js';
import { ArgumentParser, type ImapArgument } from './argument-parser.js';

export type CommandStep =
  | { readonly kind: 'more' }
  | { readonly kind: 'command'; readonly name: ByteString; readonly arguments: readonly ImapArgument[] }
  /** The arguments of ID come one by one: they may be larger than the input buffer. */
  | { readonly kind: 'id'; readonly parser: ArgumentParser }
  | { readonly kind: 'authenticate'; readonly mechanism: ByteString; readonly initial: ByteString }
  /** Counts as an invalid command. */
  | { readonly kind: 'invalid' }
  | { readonly kind: 'syntax'; readonly message: ByteString; readonly fatal: boolean }
  /** More than a SASL response may have. */
  | { readonly kind: 'too_large' };

/** Dovecot imap-login-client.h IMAP_TAG_MAX_LEN */
const MAX_TAG = 126;
const MORE: CommandStep = { kind: 'more' };
const INVALID: CommandStep = { kind: 'invalid' };

/**
 * Cuts a client's bytes into commands before the login, in pieces of any size and under limits.
 * Dovecot imap-login-client.c client_handle_input
 */
export class CommandReader {
  readonly #input = new ClientInput();
  readonly #buffer = this.#input.buffer;
  readonly #literalMinus: () => boolean;
  readonly #continueLiteral: () => void;
  #finished = false;
  #skipLine = false;
  #tag: ByteString | null = null;
  #name: ByteString | null = null;
  #parser: ArgumentParser | null = null;
  #arguments: ImapArgument[] = [];
  #mechanism: ByteString | null = null;

  constructor(literalMinus: () => boolean, continueLiteral: () => void) {
    this.#literalMinus = literalMinus;
    this.#continueLiteral = continueLiteral;
  }

  /** Tag of the current command, kept until the next one begins; `*` where there is none to repeat. */
  get tag(): ByteString {
    return this.#tag === null || this.#tag === '' ? '*' : this.#tag;
  }

  /** Of an AUTHENTICATE whose line is not complete; null: there is none. */
  get mechanism(): ByteString | null {
    return this.#mechanism;
  }

  append(data: ByteString): void {
    this.#input.append(data);
  }

  refill(): 'filled' | 'nothing' | 'full' {
    return this.#input.refill();
  }

  /** All bytes that were not used, taken out: they belong to TLS or to the backend. */
  takeRest(): ByteString {
    if (this.#skipLine) this.#skipRestOfLine();
    return this.#input.takeRest();
  }

  /** TLS begins: nothing of the old stream counts. */
  reset(): void {
    this.#finished = true;
    this.#skipLine = false;
  }

  #skipRestOfLine(): boolean {
    const end = this.#buffer.indexOf('\n');
    if (end === -1) return false;
    this.#buffer.skip(end + 1);
    this.#skipLine = false;
    return true;
  }

  /** The current command is answered; the rest of its line is skipped if it was not read. */
  finish(skipLine: boolean): void {
    this.#finished = true;
    this.#skipLine = skipLine;
  }

  next(): CommandStep {
    if (this.#finished) {
      this.#tag = null;
      this.#name = null;
      this.#parser = null;
      this.#arguments = [];
      this.#mechanism = null;
      this.#input.forgetLine();
      if (this.#skipLine && !this.#skipRestOfLine()) return MORE;
      this.#finished = false;
    }
    if (this.#tag === null) {
      const tag = this.#atom(true);
      if (tag === null) return MORE;
      if (tag === 'invalid' || tag.text.length > MAX_TAG) return this.#invalidLine();
      this.#tag = tag.text;
    }
    if (this.#name === null) {
      const name = this.#atom(false);
      if (name === null) return MORE;
      if (name === 'invalid') return this.#invalidLine();
      this.#name = name.text;
    }
    switch (this.#name.toUpperCase()) {
      case 'AUTHENTICATE':
        return this.#authenticate();
      case 'ID':
        return { kind: 'id', parser: this.#argumentParser() };
      default:
        return this.#readArguments(this.#name);
    }
  }

  #invalidLine(): CommandStep {
    this.finish(true);
    return INVALID;
  }

  #argumentParser(): ArgumentParser {
    this.#parser ??= new ArgumentParser(this.#buffer, this.#literalMinus(), this.#continueLiteral);
    return this.#parser;
  }

  /** A tag or command name with the space behind it. Dovecot imap-parser.c imap_parser_read_next_atom */
  #atom(isTag: boolean): { readonly text: ByteString } | 'invalid' | null {
    for (let end = 0; end < this.#buffer.length; end++) {
      const character = this.#buffer.at(end);
      if (character === ' ' || character === '\r' || character === '\n') {
        const text = this.#buffer.slice(0, end);
        this.#buffer.skip(character === ' ' ? end + 1 : end);
        return end === 0 ? 'invalid' : { text };
      }
      if (/[(){%*"\\\]\x00-\x1f\x80-\xff]/.test(character) || (isTag && character === '+')) return 'invalid';
    }
    return null;
  }

  #readArguments(name: ByteString): CommandStep {
    const parser = this.#argumentParser();
    for (;;) {
      const step = parser.next('line');
      switch (step.kind) {
        case 'argument':
          this.#arguments.push(step.argument);
          break;
        case 'more':
          return MORE;
        case 'error':
          this.finish(true);
          return { kind: 'syntax', message: step.message, fatal: step.fatal };
        case 'end':
          this.#skipRestOfLine();
          this.finish(false);
          return { kind: 'command', name, arguments: this.#arguments };
      }
    }
  }

  #authenticate(): CommandStep {
    if (this.#mechanism === null) {
      let end = 0;
      while (end < this.#buffer.length && !/[ \r\n]/.test(this.#buffer.at(end))) end += 1;
      if (end === this.#buffer.length) return MORE;
      if (end === 0) return this.#invalidLine();
      this.#mechanism = this.#buffer.slice(0, end);
      this.#buffer.skip(this.#buffer.at(end) === ' ' ? end + 1 : end);
    }
    const line = this.saslLine();
    if (line === null) return MORE;
    if (line === 'too_large') return { kind: 'too_large' };
    this.finish(false);
    return { kind: 'authenticate', mechanism: this.#mechanism, initial: line.text };
  }

  saslLine(): { readonly text: ByteString } | 'too_large' | null {
    return this.#input.saslLine();
  }
}
