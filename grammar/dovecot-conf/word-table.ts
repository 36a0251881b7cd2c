import type { ByteString } from '../bytes.js';

const MOST_SLOTS = 1 << 12;
const FEWEST_SLOTS = 1 << 6;

/**
 * Words that come again and again (keys): each is one string, found without making it anew. A word whose slot another
 * one took since is made once more, so that the table stays small whatever the text holds.
 */
export class WordTable {
  readonly #text: ByteString;
  readonly #words: ByteString[] = [''];
  readonly #slots: Int32Array;

  constructor(text: ByteString) {
    this.#text = text;
    let slots = FEWEST_SLOTS;
    while (slots < MOST_SLOTS && slots << 4 < text.length) slots <<= 1;
    this.#slots = new Int32Array(slots);
  }

  /** Number of the word that stands at these offsets. */
  numberAt(start: number, end: number): number {
    const text = this.#text;
    let hash = end - start;
    for (let at = start; at < end; at++) hash = (Math.imul(hash, 31) + text.charCodeAt(at)) | 0;
    const slot = (hash ^ (hash >>> 12)) & (this.#slots.length - 1);
    const known = this.#slots[slot] ?? 0;
    if (this.#isAt(this.word(known), start, end)) return known;
    const number = this.add(text.slice(start, end));
    this.#slots[slot] = number;
    return number;
  }

  add(word: ByteString): number {
    return this.#words.push(word) - 1;
  }

  word(number: number): ByteString {
    return this.#words[number] ?? '';
  }

  #isAt(word: ByteString, start: number, end: number): boolean {
    if (word.length !== end - start) return false;
    for (let at = 0; at < word.length; at++)
      if (word.charCodeAt(at) !== this.#text.charCodeAt(start + at)) return false;
    return true;
  }
}
