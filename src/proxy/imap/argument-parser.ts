import type { ByteString } from '../../../grammar/bytes.js';
import type { InputBuffer } from '../input-buffer.js';

export type ImapArgument =
  | { readonly kind: 'atom'; readonly text: ByteString }
  | { readonly kind: 'nil'; readonly text: ByteString }
  | { readonly kind: 'string'; readonly text: ByteString }
  | { readonly kind: 'list' };

/** Where a list ends or starts matters to ID only. */
export type ArgumentMode = 'line' | 'before_list' | 'inside_list';

export type ArgumentStep =
  | { readonly kind: 'argument'; readonly argument: ImapArgument }
  /** End of the line, or of the list in mode `inside_list`; the line break itself is still there. */
  | { readonly kind: 'end' }
  | { readonly kind: 'more' }
  /** `fatal`: the connection ends with BYE, else the line is answered with BAD. */
  | { readonly kind: 'error'; readonly message: ByteString; readonly fatal: boolean };

/** Dovecot imap-login-client.h IMAP_LOGIN_MAX_LINE_LENGTH */
const MAX_LINE = 8192;
/** RFC 7888 5, LITERAL- */
const MAX_LITERAL_MINUS = 4096;
const MORE: ArgumentStep = { kind: 'more' };
const END: ArgumentStep = { kind: 'end' };

function bad(message: ByteString): ArgumentStep {
  return { kind: 'error', message, fatal: false };
}

/**
 * Arguments of one command line, one after the other, from whatever bytes are there.
 * Dovecot lib-imap/imap-parser.c; RFC 9051 9
 */
export class ArgumentParser {
  readonly #input: InputBuffer;
  readonly #literalMinus: boolean;
  /** Asks the client for a synchronizing literal. */
  readonly #continueLiteral: () => void;
  #lineSize = 0;
  #depth = 0;
  #literal: { size: number; lineBreakSeen: boolean } | null = null;

  constructor(input: InputBuffer, literalMinus: boolean, continueLiteral: () => void) {
    this.#input = input;
    this.#literalMinus = literalMinus;
    this.#continueLiteral = continueLiteral;
  }

  /** The next argument. Lists are read over in mode `line`: no command before login takes one. */
  next(mode: ArgumentMode): ArgumentStep {
    for (;;) {
      const step = this.#literal === null ? this.#token(mode) : this.#literalData();
      if (this.#lineSize > MAX_LINE && step.kind !== 'error') return bad('IMAP command line too large');
      // What stands in a nested list is nobody's argument.
      const nested = this.#depth > 0 && step.kind === 'argument';
      if (!nested) return step;
    }
  }

  #skip(count: number): void {
    this.#lineSize += count;
    this.#input.skip(count);
  }

  #token(mode: ArgumentMode): ArgumentStep {
    let spaces = 0;
    while (this.#input.at(spaces) === ' ') spaces += 1;
    this.#skip(spaces);
    const first = this.#input.at(0);
    switch (first) {
      case '':
        return MORE;
      case '\r':
        if (this.#input.length === 1) return MORE;
        if (this.#input.at(1) !== '\n') return bad('CR sent without LF');
        return this.#lineEnd(mode);
      case '\n':
        return this.#lineEnd(mode);
      case '"':
        return this.#quoted();
      case '~':
        if (this.#input.length === 1) return MORE;
        return this.#input.at(1) === '{' ? bad('literal8 not allowed here') : this.#atom(mode);
      case '{':
        return this.#literalSize();
      case '(':
        return this.#openList(mode);
      case ')':
        return this.#closeList(mode);
      default:
        return this.#atom(mode);
    }
  }

  #lineEnd(mode: ArgumentMode): ArgumentStep {
    if (mode === 'inside_list' || this.#depth > 0) return bad("Missing ')'");
    return END;
  }

  #openList(mode: ArgumentMode): ArgumentStep {
    this.#skip(1);
    const argument: ImapArgument = { kind: 'list' };
    if (mode === 'before_list') return { kind: 'argument', argument };
    this.#depth += 1;
    return this.#depth === 1 ? this.#token(mode) : { kind: 'argument', argument };
  }

  #closeList(mode: ArgumentMode): ArgumentStep {
    if (this.#depth === 0) {
      if (mode !== 'inside_list') return bad("Unexpected ')'");
      this.#skip(1);
      return END;
    }
    this.#skip(1);
    this.#depth -= 1;
    return { kind: 'argument', argument: { kind: 'list' } };
  }

  #atom(mode: ArgumentMode): ArgumentStep {
    const inList = mode === 'inside_list' || this.#depth > 0;
    for (let end = 0; end < this.#input.length; end++) {
      const character = this.#input.at(end);
      if (
        end > 0 &&
        (character === ' ' || character === '\r' || character === '\n' || (character === ')' && inList))
      ) {
        const text = this.#input.slice(0, end);
        this.#skip(end);
        const argument: ImapArgument = { kind: text.toUpperCase() === 'NIL' ? 'nil' : 'atom', text };
        return { kind: 'argument', argument };
      }
      if (character === ')') return bad("Unexpected ')'");
      if (/[({"\x00-\x20\x7f]/.test(character)) return bad('Invalid characters in atom');
      if (character >= '\x80') return bad('8bit data in atom');
    }
    return MORE;
  }

  #quoted(): ArgumentStep {
    let text = '';
    for (let at = 1; at < this.#input.length; at++) {
      let character = this.#input.at(at);
      if (character === '"') {
        this.#skip(at + 1);
        return { kind: 'argument', argument: { kind: 'string', text } };
      }
      if (character === '\0') return bad('NULs not allowed in strings');
      if (character === '\\') {
        at += 1;
        character = this.#input.at(at);
        if (character === '') return MORE;
      }
      if (character === '\r' || character === '\n') return bad(`Missing '"'`);
      text += character;
    }
    return MORE;
  }

  #literalSize(): ArgumentStep {
    let size = 0;
    let synchronizing = true;
    for (let at = 1; at < this.#input.length; at++) {
      const character = this.#input.at(at);
      if (character === '}') {
        this.#skip(at + 1);
        return this.#startLiteral(size, synchronizing);
      }
      if (!synchronizing) return bad("Expecting '}' after '+'");
      if (character === '+') synchronizing = false;
      else if (character < '0' || character > '9') return bad('Invalid literal size');
      else size = size * 10 + Number(character);
      if (size > Number.MAX_SAFE_INTEGER)
        return { kind: 'error', message: 'Literal size too large', fatal: true };
    }
    return MORE;
  }

  #startLiteral(size: number, synchronizing: boolean): ArgumentStep {
    if (this.#literalMinus && !synchronizing && size > MAX_LITERAL_MINUS)
      return { kind: 'error', message: 'Non-synchronizing literal size too large', fatal: true };
    if (this.#lineSize >= MAX_LINE || size > MAX_LINE - this.#lineSize)
      return { kind: 'error', message: 'Literal size too large', fatal: true };
    if (synchronizing) this.#continueLiteral();
    this.#literal = { size, lineBreakSeen: false };
    return this.#literalData();
  }

  #literalData(): ArgumentStep {
    const literal = this.#literal;
    if (literal === null) return MORE;
    if (!literal.lineBreakSeen) {
      const breakLength = this.#input.at(0) === '\r' ? 2 : 1;
      if (this.#input.length < breakLength) return MORE;
      if (this.#input.at(breakLength - 1) !== '\n') {
        this.#literal = null;
        return bad('Missing LF after literal size');
      }
      this.#skip(breakLength);
      literal.lineBreakSeen = true;
    }
    if (this.#input.length < literal.size) return MORE;
    const text = this.#input.slice(0, literal.size);
    this.#skip(literal.size);
    this.#literal = null;
    return { kind: 'argument', argument: { kind: 'string', text } };
  }
}

/** The text of an astring argument up to a NUL; null for anything else. */
export function astring(argument: ImapArgument | undefined): ByteString | null {
  if (argument === undefined) return null;
  switch (argument.kind) {
    case 'atom':
    case 'nil':
    case 'string': {
      const zero = argument.text.indexOf('\0');
      return zero === -1 ? argument.text : argument.text.slice(0, zero);
    }
    case 'list':
      return null;
  }
}
