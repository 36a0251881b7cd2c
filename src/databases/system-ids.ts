import { readFileSync } from 'node:fs';
import type { SystemId } from '../auth/userdb-driver.js';

const FILES = { uid: '/etc/passwd', gid: '/etc/group' } as const;

/** What no account is called: nothing, a number (it would have been one), what would end a field of its line. */
const IMPOSSIBLE = /^-?\d*$|[:\n]/;

/**
 * Users and groups as this machine's own files have them; read once per kind. `copied`: the configuration is another
 * machine's, whose accounts need not exist here.
 */
export function systemIds(copied: boolean): SystemId {
  const tables = new Map<'uid' | 'gid', ReadonlyMap<string, number>>();
  return (kind, name) => {
    let table = tables.get(kind);
    if (table === undefined) {
      table = readTable(FILES[kind]);
      tables.set(kind, table);
    }
    return table.get(name) ?? (copied && !IMPOSSIBLE.test(name) ? 'elsewhere' : null);
  };
}

function readTable(path: string): ReadonlyMap<string, number> {
  let text: string;
  try {
    text = readFileSync(path, 'latin1');
  } catch {
    return new Map();
  }
  const table = new Map<string, number>();
  for (const line of text.split('\n')) {
    const [name = '', , id = ''] = line.split(':');
    if (name !== '' && /^\d+$/.test(id) && !table.has(name)) table.set(name, Number(id));
  }
  return table;
}
