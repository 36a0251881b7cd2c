/** Random numbers that come again with the same seed. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** 0 to `limit` - 1. mulberry32 */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  }

  oneIn(count: number): boolean {
    return this.below(count) === 0;
  }

  pick<T>(list: readonly [T, ...T[]]): T {
    return list[this.below(list.length)] ?? list[0];
  }

  /** Random bytes, short ones mostly. */
  bytes(): string {
    const length = this.oneIn(50) ? this.below(3000) : this.below(12);
    let text = '';
    for (let index = 0; index < length; index++) text += String.fromCharCode(this.below(256));
    return text;
  }

  /** One of the texts, now and then broken. */
  text(list: readonly [string, ...string[]]): string {
    const text = this.pick(list);
    switch (this.below(12)) {
      case 0:
        return this.bytes();
      case 1:
        return text.slice(0, this.below(text.length + 1));
      case 2: {
        const at = this.below(text.length + 1);
        return text.slice(0, at) + this.bytes() + text.slice(at);
      }
      case 3:
        return text + this.pick(list);
      default:
        return text;
    }
  }
}
