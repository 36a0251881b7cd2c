import type { ByteString } from '../../grammar/bytes.js';

/** Bytes that were read and not used yet. */
export class InputBuffer {
  #text: ByteString = '';
  #at = 0;

  get length(): number {
    return this.#text.length - this.#at;
  }

  append(data: ByteString): void {
    this.#text = this.#at === this.#text.length ? data : this.#text.slice(this.#at) + data;
    this.#at = 0;
  }

  /** Character at an offset from the current place; '' past the end. */
  at(offset: number): ByteString {
    return this.#text.charAt(this.#at + offset);
  }

  slice(start: number, end: number): ByteString {
    return this.#text.slice(this.#at + start, this.#at + end);
  }

  /** Offset of the first `character` from `start` on; -1 if there is none. */
  indexOf(character: ByteString, start = 0): number {
    const found = this.#text.indexOf(character, this.#at + start);
    return found === -1 ? -1 : found - this.#at;
  }

  skip(count: number): void {
    this.#at += count;
    if (this.#at < this.#text.length) return;
    this.#text = '';
    this.#at = 0;
  }

  /** Everything that is left, taken out. */
  takeAll(): ByteString {
    const rest = this.#text.slice(this.#at);
    this.#text = '';
    this.#at = 0;
    return rest;
  }
}
