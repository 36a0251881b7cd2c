import type { ByteString } from '../../grammar/bytes.js';
import type { LookupContext } from '../auth/driver.js';
import type { Series } from '../knowledge/versions.js';
import type { Provider } from '../variables/scope.js';

/**
 * What `%{passdb:NAME}` sees while an entry's fields are set one after the other: those of this entry before those of
 * earlier passdbs. Dovecot auth-request.c: auth_request_set_field
 */
export class FieldsSoFar {
  readonly #once: string;
  readonly #context: LookupContext;
  /** null: taken away by `:remove`. */
  readonly #set = new Map<ByteString, ByteString | null>();

  constructor(series: Series, context: LookupContext) {
    this.#once = series === '2.3' ? ':protected' : ':default';
    this.#context = context;
  }

  set(name: ByteString, value: ByteString): void {
    if (name.endsWith(':remove')) this.#set.set(name.slice(0, -':remove'.length), null);
    else if (!name.endsWith(this.#once)) this.#set.set(name, value);
    else {
      const base = name.slice(0, -this.#once.length);
      if (this.find(base) === null) this.#set.set(base, value);
    }
  }

  find(name: ByteString): ByteString | null {
    const own = this.#set.get(name);
    return own === undefined ? this.#context.extraField(name) : own;
  }

  readonly provider: Provider = (key) => {
    const value = this.find(key);
    return value === null ? { kind: 'missing' } : { kind: 'value', value };
  };
}
