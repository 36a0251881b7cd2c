/** The timers of one session, by name; setting one again replaces it. */
export class SessionTimers<Name extends string> {
  readonly #timers = new Map<Name, NodeJS.Timeout>();
  readonly #fired: (name: Name) => void;

  constructor(fired: (name: Name) => void) {
    this.#fired = fired;
  }

  set(name: Name, milliseconds: number): void {
    this.clear(name);
    const timer = setTimeout(() => {
      this.#timers.delete(name);
      this.#fired(name);
    }, milliseconds);
    this.#timers.set(name, timer);
  }

  clear(name: Name): void {
    const timer = this.#timers.get(name);
    if (timer === undefined) return;
    clearTimeout(timer);
    this.#timers.delete(name);
  }

  clearAll(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }
}
