import type { ByteString } from '../../grammar/bytes.js';
import type { Series } from '../knowledge/versions.js';
import type { FieldOrigin } from './answer.js';

/** One entry of a field list. Entries are never changed in place: a snapshot shares them. */
export interface ExtraField {
  readonly name: ByteString;
  /** null: present without a value (2.3 only). */
  readonly value: ByteString | null;
  /** Used by the auth process, never sent. */
  readonly hidden: boolean;
  readonly from: FieldOrigin;
  /** Which stretch between two snapshots set it. */
  readonly generation: number;
}

/**
 * The ordered list of extra fields (or userdb fields) of a request, with Dovecot's lazy snapshots
 * (auth-fields.c of both versions). A snapshot remembers only the length until an existing key is overwritten or
 * removed; then the whole current list is copied, so keys appended before that moment survive a rollback.
 */
export class ExtraFields {
  readonly #series: Series;
  #list: ExtraField[] = [];
  #snapshotted = false;
  #snapshotLength = 0;
  #snapshotCopy: ExtraField[] | null = null;
  #generation = 0;

  constructor(series: Series) {
    this.#series = series;
  }

  get list(): readonly ExtraField[] {
    return this.#list;
  }

  get isEmpty(): boolean {
    return this.#list.length === 0;
  }

  has(name: ByteString): boolean {
    return this.#indexOf(name) !== -1;
  }

  /** The value, '' for a field without one, null where the field is not set. */
  find(name: ByteString): ByteString | null {
    const field = this.#list[this.#indexOf(name)];
    return field === undefined ? null : (field.value ?? '');
  }

  /**
   * Appends a field, or replaces the value of an existing one at its place. `value` null is a bare field: `yes` in 2.4.
   * In 2.3 an empty value is the same as none. Answers whether the name was there before.
   */
  add(name: ByteString, value: ByteString | null, hidden: boolean, from: FieldOrigin): 'set' | 'replaced' {
    const stored = this.#series === '2.3' ? (value === '' ? null : value) : (value ?? 'yes');
    const field: ExtraField = { name, value: stored, hidden, from, generation: this.#generation };
    const index = this.#indexOf(name);
    if (index === -1) {
      this.#list.push(field);
      return 'set';
    }
    this.#preserve();
    this.#list[index] = field;
    return 'replaced';
  }

  /** Answers the field that was removed, or null. */
  remove(name: ByteString): ExtraField | null {
    const index = this.#indexOf(name);
    if (index === -1) return null;
    this.#preserve();
    return this.#list.splice(index, 1)[0] ?? null;
  }

  /** 2.3 sends `proxy` and `nologin` without their values. Dovecot 2.3.19.1 auth-fields.c */
  dropValue(name: ByteString): void {
    const index = this.#indexOf(name);
    const field = this.#list[index];
    if (field !== undefined) this.#list[index] = { ...field, value: null };
  }

  /** What was set since the last snapshot: what one look-up adds, as the auth cache stores it. */
  changed(): ExtraField[] {
    return this.#list.filter((field) => field.generation === this.#generation);
  }

  snapshot(): void {
    this.#snapshotted = true;
    this.#generation += 1;
    if (this.#snapshotCopy === null) this.#snapshotLength = this.#list.length;
    else this.#snapshotCopy = [...this.#list];
  }

  /** Answers the fields that are gone or have an older value now, as they were before. */
  rollback(): ExtraField[] {
    const before = this.#list;
    if (this.#snapshotCopy !== null) this.#list = [...this.#snapshotCopy];
    else if (before.length > this.#snapshotLength) this.#list = before.slice(0, this.#snapshotLength);
    else return [];
    const kept = new Set(this.#list);
    return before.filter((field) => !kept.has(field));
  }

  /** A list of its own with the same fields, from where `changed` counts. */
  copy(): ExtraFields {
    const copy = new ExtraFields(this.#series);
    copy.#list = [...this.#list];
    copy.#generation = this.#generation;
    copy.snapshot();
    return copy;
  }

  #preserve(): void {
    if (this.#snapshotted && this.#snapshotCopy === null) this.#snapshotCopy = [...this.#list];
  }

  #indexOf(name: ByteString): number {
    const list = this.#list;
    for (let index = 0; index < list.length; index += 1) if (list[index]?.name === name) return index;
    return -1;
  }
}
