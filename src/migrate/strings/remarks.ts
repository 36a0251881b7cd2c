/** What is to be said of a translated text. */
export interface Remark {
  /**
   * `differs`: for some values only; `lost`: 2.4 has no such form, the nearest one stands there; `fails`: 2.3 has none
   * either, its requests fail.
   */
  readonly kind: 'differs' | 'lost' | 'fails';
  readonly text: string;
}

/** Collects what is to be said, each thing once. */
export class Remarks {
  readonly all: Remark[] = [];

  differs(text: string): void {
    this.#add({ kind: 'differs', text });
  }

  lost(text: string): void {
    this.#add({ kind: 'lost', text });
  }

  fails(text: string): void {
    this.#add({ kind: 'fails', text });
  }

  #add(remark: Remark): void {
    if (!this.all.some(({ kind, text }) => kind === remark.kind && text === remark.text))
      this.all.push(remark);
  }
}
