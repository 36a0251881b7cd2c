import type { ByteString } from '../../../grammar/bytes.js';
import type { Origin } from '../origin.js';
import type { DumpNode } from '../print/dump.js';
import { escapeQuotes, printedValue, STYLE_2_3 } from '../print/printed-value.js';
import type { ExportEntry } from './export.js';

interface OpenPrefix {
  readonly prefix: string;
  readonly index: number;
  /** Opened by its name, before any setting of it. */
  readonly isNamed: boolean;
  readonly node: { head: ByteString; children: DumpNode[]; origin: Origin | null };
}

/**
 * Entries in the form people read: sorted, with sections instead of paths; sections that would be empty are left out
 * (Dovecot 2.3.19.1 doveconf.c config_dump_human_output()).
 */
export function humanForm(
  entries: readonly ExportEntry[],
  showSecrets: boolean,
  onlyPath: ByteString | null,
): DumpNode[] {
  const { prefixes, repeats } = listPrefixes(entries);
  const lines = sorted(entries.filter((entry) => entry.kind !== 'list'));
  const top: DumpNode[] = [];
  const open: OpenPrefix[] = [];
  const close = (isLeftOpen = false) => {
    const closed = open.pop();
    if (closed === undefined || closed.node.children.length === 0) return;
    const parent = open.at(-1)?.node.children ?? top;
    parent.push({ kind: 'section', ...closed.node, ...(isLeftOpen ? { isLeftOpen } : {}) });
  };
  for (const entry of lines) {
    if (onlyPath !== null && entry.path !== onlyPath && !entry.path.startsWith(`${onlyPath}/`)) continue;
    for (
      let last = open.at(-1);
      last !== undefined && !entry.path.startsWith(last.prefix);
      last = open.at(-1)
    )
      close();
    let isOpening = false;
    for (;;) {
      const outer = open.at(-1);
      const next = nextPrefix(entry.path, prefixes, outer, repeats ? 0 : (outer?.prefix.length ?? 0));
      if (next === null) break;
      const rest = entry.path.slice(outer?.prefix.length ?? 0);
      const keyword = rest.split('/', 1)[0] ?? '';
      const named = entry.kind === 'name' && entry.value !== '';
      const head = named ? `${keyword} ${quotedName(entry.value)}` : keyword;
      open.push({
        ...next,
        isNamed: entry.kind === 'name',
        node: { head, children: [], origin: entry.origin },
      });
      if (entry.kind === 'name') {
        isOpening = true;
        break;
      }
    }
    if (isOpening) continue;
    const outer = open.at(-1);
    const name = entry.path.slice(outer?.prefix.length ?? 0);
    const value = printedValue(name, entry.value, showSecrets, STYLE_2_3);
    (outer?.node.children ?? top).push({ kind: 'setting', name, value, origin: entry.origin });
  }
  // observed 2.3.19.1: behind a named section without settings nothing that is open is closed at the end, unless the
  // names of built-in services follow.
  const last = open.at(-1);
  const isLeftOpen =
    last?.isNamed === true && last.node.children.length === 0 && last.prefix > LAST_BUILT_IN_SERVICE;
  while (open.length > 0) close(isLeftOpen);
  return top;
}

function quotedName(name: ByteString): ByteString {
  return name.includes(' ') ? `"${escapeQuotes(name)}"` : name;
}

const LAST_BUILT_IN_SERVICE = 'service/tcpwrap/';

interface ListPrefixes {
  readonly prefixes: ReadonlyMap<string, number | readonly number[]>;
  /** A prefix stands there twice; if not, only longer ones can follow behind an open one. */
  readonly repeats: boolean;
}

/** `service/imap-login/` and its like with their numbers in the sorted order of the lists; a name may occur twice. */
function listPrefixes(entries: readonly ExportEntry[]): ListPrefixes {
  const lists = sorted(entries.filter((entry) => entry.kind === 'list'));
  const prefixes = new Map<string, number | number[]>();
  let repeats = false;
  let count = 0;
  const add = (prefix: string) => {
    const known = prefixes.get(prefix);
    if (known === undefined) prefixes.set(prefix, count);
    else {
      repeats = true;
      prefixes.set(prefix, typeof known === 'number' ? [known, count] : [...known, count]);
    }
    count++;
  };
  for (const entry of lists) {
    if (entry.value === '') add(`${entry.path}/`);
    else for (const name of entry.value.split(' ')) add(`${entry.path}/${name}/`);
  }
  return { prefixes, repeats };
}

/** The first of the prefixes, behind the one that is open, that the path begins with. */
function nextPrefix(
  path: string,
  prefixes: ListPrefixes['prefixes'],
  outer: OpenPrefix | undefined,
  from: number,
): { prefix: string; index: number } | null {
  const after = outer?.index ?? -1;
  let best: { prefix: string; index: number } | null = null;
  for (let slash = path.indexOf('/', from); slash !== -1; slash = path.indexOf('/', slash + 1)) {
    const prefix = path.slice(0, slash + 1);
    const known = prefixes.get(prefix);
    const index = typeof known === 'object' ? known.find((one) => one > after) : known;
    if (index !== undefined && index > after && (best === null || index < best.index))
      best = { prefix, index };
  }
  return best;
}

/** In Dovecot's order; most entries stand in it already. */
function sorted(entries: ExportEntry[]): readonly ExportEntry[] {
  if (entries.every(isPlain)) return entries.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  return entries
    .map((entry) => ({ entry, key: sortKey(entry) }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ entry }) => entry);
}

/** The path is its own sort key. */
function isPlain({ kind, path }: ExportEntry): boolean {
  return kind !== 'name' && !HIGH_BYTE.test(path);
}

const HIGH_BYTE = /[\x80-\xff]/;

/** Dovecot compares signed bytes; names of sections sort before everything else in their section. */
function sortKey(entry: ExportEntry): string {
  const { path } = entry;
  const marked =
    entry.kind === 'name'
      ? `${path.slice(0, path.lastIndexOf('/') + 1)}\x01${path.slice(path.lastIndexOf('/') + 1)}`
      : path;
  return HIGH_BYTE.test(marked) ? marked.replace(/[\x80-\xff]/g, '\0$&') : marked;
}
