/**
 * A table that is asked for names out of configurations and queries: `constructor`, `__proto__` and other names that
 * every object inherits are not in it.
 */
export function nameTable<T>(entries: Readonly<Record<string, T>>): Readonly<Record<string, T>> {
  return Object.assign(Object.create(null), entries);
}
