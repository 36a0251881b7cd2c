import type { ByteString } from '../../../grammar/bytes.js';
import type { Origin } from '../origin.js';
import type { DumpNode } from '../print/dump.js';
import { escapeQuotes, printedValue, STYLE_2_3 } from '../print/printed-value.js';
import type { ExportEntry } from './export.js';

/** A section that is being printed. */
interface OpenPrefix {
  readonly prefix: string;
  readonly index: number;
  /** Opened by its name, before any setting of it. */
  readonly isNamed: boolean;
  readonly head: ByteString;
  readonly children: DumpNode[];
  readonly origin: Origin | null;
  readonly outer: OpenPrefix | null;
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
  let inner: OpenPrefix | null = null;
  const close = ({ head, children, origin, outer }: OpenPrefix, isLeftOpen = false): OpenPrefix | null => {
    if (children.length > 0) {
      const node: DumpNode = { kind: 'section', head, children, origin };
      (outer?.children ?? top).push(isLeftOpen ? { ...node, isLeftOpen } : node);
    }
    return outer;
  };
  for (const entry of lines) {
    const { path, origin } = entry;
    if (onlyPath !== null && path !== onlyPath && !path.startsWith(`${onlyPath}/`)) continue;
    while (inner !== null && !path.startsWith(inner.prefix)) inner = close(inner);
    const isNamed = entry.kind === 'name';
    let isOpening = false;
    for (;;) {
      const start: number = inner === null ? 0 : inner.prefix.length;
      const next = nextPrefix(path, prefixes, inner, repeats ? 0 : start);
      if (next === null) break;
      const slash = path.indexOf('/', start);
      const keyword = slash === -1 ? path.slice(start) : path.slice(start, slash);
      const head = isNamed && entry.value !== '' ? `${keyword} ${quotedName(entry.value)}` : keyword;
      const { prefix, index } = next;
      inner = { prefix, index, isNamed, head, children: [], origin, outer: inner };
      if (isNamed) {
        isOpening = true;
        break;
      }
    }
    if (isOpening) continue;
    const name = inner === null ? path : path.slice(inner.prefix.length);
    const value = printedValue(name, entry.value, showSecrets, STYLE_2_3);
    (inner?.children ?? top).push({ kind: 'setting', name, value, origin });
  }
  // observed 2.3.19.1: behind a named section without settings nothing that is open is closed at the end, unless the
  // names of built-in services follow.
  const isLeftOpen =
    inner?.isNamed === true && inner.children.length === 0 && inner.prefix > LAST_BUILT_IN_SERVICE;
  while (inner !== null) inner = close(inner, isLeftOpen);
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
  outer: OpenPrefix | null,
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
