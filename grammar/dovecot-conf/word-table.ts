import type { ByteString } from '../bytes.js';

/** Words that come again and again (keys): each is one string with a number. */
export class WordTable {
  readonly #words: ByteString[] = [''];
  readonly #numbers = new Map<ByteString, number>([['', 0]]);

  numberOf(word: ByteString): number {
    let number = this.#numbers.get(word);
    if (number === undefined) {
      number = this.#words.push(word) - 1;
      this.#numbers.set(word, number);
    }
    return number;
  }

  word(number: number): ByteString {
    return this.#words[number] ?? '';
  }
}
