import type { ByteString } from '../../../../grammar/bytes.js';
import type { Version24 } from '../../../knowledge/versions.js';
import { networkText } from '../../network.js';
import type { DumpNode } from '../../print/dump.js';
import {
  escapeQuotes,
  printedLines,
  printedValue,
  STYLE_2_4_1,
  STYLE_2_4_5,
  type ValueStyle,
} from '../../print/printed-value.js';
import type { Filter, ListElement } from '../filter.js';
import { unescapeSectionName } from '../section-name.js';
import type { SettingsTable } from '../settings-table.js';
import { rulesOf, type VersionRules } from '../version-rules.js';
import { type Exported, type ExportScope, exportFilter } from './export.js';

const STYLES: Readonly<Record<Version24, ValueStyle>> = { '2.4.1': STYLE_2_4_1, '2.4.5': STYLE_2_4_5 };

/** The setting that was asked for, with the other full names that it may mean in a section. */
export interface NameFilter {
  readonly name: ByteString;
  readonly alternatives: readonly ByteString[];
}

/** Prefixes that a section's settings are printed without. */
interface Strip {
  readonly first: ByteString | null;
  readonly second: ByteString | null;
}

/** What `-h` prints where there is nothing. */
export const EMPTY_LINE: DumpNode = { kind: 'setting', name: '', value: '', origin: null };

const NO_NAMES: ReadonlySet<ByteString> = new Set();

/** Global settings that stand in a named filter, too. Dovecot 2.4.5 doveconf.c config_dump_human_init_hidden_keys() */
function groupedSettings(root: Filter): ReadonlySet<ByteString> {
  const names = new Set<ByteString>();
  for (const { dropped, mask, kindName, values } of root.children) {
    if (dropped || mask.name === undefined || mask.isList === true) continue;
    for (const [name, stored] of values)
      if (name.startsWith(`${kindName}_`) && stored.ofGroup !== true) names.add(name);
  }
  return names;
}

const NO_STRIP: Strip = { first: null, second: null };

/** Prints filters with their settings. Dovecot 2.4.1 doveconf.c. */
export class FilterPrinter {
  readonly #table: SettingsTable;
  readonly #style: ValueStyle;
  readonly #configVersion: ByteString;
  readonly #hideSecrets: boolean;
  readonly #valuesOnly: boolean;
  readonly #rules: VersionRules;
  /** Something was printed with `-h`. */
  hasPrinted = false;
  /** `-h` met a second value. */
  isAmbiguous = false;

  constructor(table: SettingsTable, configVersion: ByteString, hideSecrets: boolean, valuesOnly: boolean) {
    this.#table = table;
    this.#style = STYLES[table.version];
    this.#rules = rulesOf(table.version);
    this.#configVersion = configVersion;
    this.#hideSecrets = hideSecrets;
    this.#valuesOnly = valuesOnly;
  }

  /** Settings of the root. */
  settings(filter: Filter, scope: ExportScope, wanted: NameFilter | null): DumpNode[] {
    const hidden = this.#rules.hidesGrouped && wanted === null ? groupedSettings(filter) : NO_NAMES;
    return this.#own(filter, scope, wanted, NO_STRIP, this.#hideSecrets, hidden).nodes;
  }

  /** Sections below a filter; `path`: the parts of the NAME asked for. */
  children(parent: Filter, scope: ExportScope, path: readonly ByteString[]): DumpNode[] {
    const nodes: DumpNode[] = [];
    for (const filter of parent.children) {
      if (filter.dropped) continue;
      const step = followPath(filter, path);
      if (step === null) continue;
      const strip = stripOf(filter);
      const wanted = step.name === null ? null : nameFilter(step.name, strip);
      const asksAll = wanted === null || (this.#rules.asksPlainNames && wanted.name === '');
      const own = this.#own(filter, scope, wanted, strip, this.#hideSecrets && asksAll);
      const showsGroups = this.#rules.asksPlainNames ? scope !== 'set-or-default-or-group' : wanted === null;
      const groups = showsGroups ? this.groups(filter) : [];
      const inner = [...own.nodes, ...groups, ...this.children(filter, scope, step.rest)];
      if (this.#valuesOnly && !this.hasPrinted) {
        this.hasPrinted = true;
        inner.push(EMPTY_LINE);
      }
      if (inner.length === 0 && !own.touched) continue;
      const head = headOf(filter);
      if (head === null || this.#valuesOnly) nodes.push(...inner);
      else nodes.push({ kind: 'section', head, children: inner, origin: filter.origin });
    }
    return nodes;
  }

  /** `@label = name` lines, which `-h` prints as a whole. */
  groups(filter: Filter): DumpNode[] {
    if (filter.groups.length > 0) this.hasPrinted = true;
    return filter.groups.map(({ label, name, origin }) => {
      const text = `@${label}`;
      return { kind: 'setting', name: text, value: this.#valuesOnly ? `${text} = ${name}` : name, origin };
    });
  }

  /** `touched`: something was there to show, even if it is only the name that the head shows already. */
  #own(
    filter: Filter,
    scope: ExportScope,
    wanted: NameFilter | null,
    strip: Strip,
    hideSecrets: boolean,
    hidden: ReadonlySet<ByteString> = NO_NAMES,
  ): { nodes: DumpNode[]; touched: boolean } {
    const nameField = filter.table.findSetting(filter.kindName)?.nameField ?? null;
    const nodes: DumpNode[] = [];
    let touched = false;
    for (const entry of exportFilter(filter, scope, this.#configVersion)) {
      if (hidden.has(entry.name)) continue;
      if (entry.kind === 'list') {
        nodes.push(...this.#list(entry, wanted, strip, hideSecrets));
        continue;
      }
      if (wanted !== null && !matches(wanted, entry.name)) continue;
      touched = true;
      if (entry.name === nameField && entry.value === filter.sectionName) continue;
      const shows = wanted !== null && matchesExactly(wanted, entry.name);
      nodes.push(this.#setting(entry.name, entry.value, entry, strip, hideSecrets && !shows, entry.marker));
    }
    return { nodes, touched: touched || nodes.length > 0 };
  }

  #setting(
    name: ByteString,
    value: ByteString,
    { origin }: Pick<Exported, 'origin'>,
    strip: Strip,
    hideSecrets: boolean,
    marker?: ByteString,
  ): DumpNode {
    this.#countValue();
    const shown =
      marker === undefined
        ? printedValue(name, value, !hideSecrets, this.#style)
        : printedLines(name, value, marker, !hideSecrets, this.#style);
    return { kind: 'setting', name: quotedKey(stripped(this.#table, name, strip)), value: shown, origin };
  }

  #countValue(): void {
    if (this.#valuesOnly && this.hasPrinted) this.isAmbiguous = true;
    this.hasPrinted = true;
  }

  #list(
    entry: Extract<Exported, { kind: 'list' }>,
    wanted: NameFilter | null,
    strip: Strip,
    hideSecrets: boolean,
  ): DumpNode[] {
    const { name, elements, replaced, isBoolean, origin } = entry;
    const isWhole = wanted === null || matches(wanted, name);
    if (elements.length === 0) return isWhole ? [this.#setting(name, '', entry, strip, false)] : [];
    const label = stripped(this.#table, name, strip);
    if (isBoolean && replaced) {
      if (!isWhole) return [];
      this.#countValue();
      const on = elements.filter(({ value }) => value === 'yes').map(({ key }) => quotedKey(key));
      return [{ kind: 'setting', name: quotedKey(label), value: on.join(' '), origin }];
    }
    const shown = isBoolean
      ? isWhole
        ? elements
        : []
      : [...elements]
          .sort(byKey)
          .map(asLine)
          .filter(({ key }) => wanted === null || matches(wanted, `${name}/${key}`));
    const nodes: DumpNode[] = replaced && isWhole ? [this.#setting(name, '', entry, strip, false)] : [];
    if (shown.length === 0) return nodes;
    const children = shown.map((element): DumpNode => {
      const exact = wanted !== null && matchesExactly(wanted, `${name}/${element.key}`);
      return this.#element(element, strip, hideSecrets && !exact, isWhole);
    });
    if (this.#valuesOnly) return [...nodes, ...children];
    return [...nodes, { kind: 'section', head: label, children, origin }];
  }

  #element(element: ListElement, strip: Strip, hideSecrets: boolean, isWhole: boolean): DumpNode {
    const { key, value, origin } = element;
    const name = quotedKey(stripped(this.#table, key, strip));
    const shown = printedValue(key, value, !hideSecrets, this.#style);
    if (!this.#valuesOnly) return { kind: 'setting', name, value: shown, origin };
    if (!isWhole) this.#countValue();
    else this.hasPrinted = true;
    return { kind: 'setting', name, value: isWhole ? `${name} = ${shown}` : shown, origin };
  }
}

/** Dovecot puts `key=value` together and takes it apart at the first `=`: `"a=b" = c` is printed as `a = b=c`. */
function asLine(element: ListElement): ListElement {
  const at = element.key.indexOf('=');
  if (at === -1) return element;
  const value = `${element.key.slice(at + 1)}=${element.value}`;
  return { ...element, key: element.key.slice(0, at), value };
}

function byKey(a: ListElement, b: ListElement): number {
  return a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
}

/** An empty name, of `ssl_server/`, is everything. */
function matches({ name, alternatives }: NameFilter, key: ByteString): boolean {
  if (name === '') return true;
  return [name, ...alternatives].some((one) => key === one || key.startsWith(`${one}/`));
}

function matchesExactly({ name, alternatives }: NameFilter, key: ByteString): boolean {
  return [name, ...alternatives].includes(key);
}

function stripOf(filter: Filter): Strip {
  const name = filter.mask.name;
  if (name === undefined) return NO_STRIP;
  const kind = `${filter.kindName}_`;
  if (filter.mask.isList !== true) return { first: kind, second: null };
  return { first: `${name.replaceAll('/', '_')}_`, second: kind };
}

function nameFilter(name: ByteString, strip: Strip): NameFilter {
  const prefixes = [strip.second ?? strip.first, strip.second === null ? null : strip.first];
  return { name, alternatives: prefixes.flatMap((prefix) => (prefix === null ? [] : [prefix + name])) };
}

/** The name without the section's prefix, unless that would name another setting. */
function stripped(table: SettingsTable, name: ByteString, { first, second }: Strip): ByteString {
  if (first === null) return name;
  if (name.startsWith(first)) return name.slice(first.length);
  if (second === null || !name.startsWith(second)) return name;
  const short = name.slice(second.length);
  return table.findSetting(first + short) === undefined ? short : name;
}

/** One step of a NAME's path into a section: what is asked of it, and of the sections below; null: not this way. */
function followPath(
  filter: Filter,
  path: readonly ByteString[],
): { name: ByteString | null; rest: readonly ByteString[] } | null {
  const [first, second] = path;
  if (first === undefined) return { name: null, rest: path };
  const own = filter.mask.name;
  if (own === undefined || !own.startsWith(first)) return null;
  const suffix = own.slice(first.length);
  if (suffix === '') return { name: second ?? null, rest: path.slice(1) };
  if (!suffix.startsWith('/')) return null;
  if (second === undefined) return { name: null, rest: path.slice(1) };
  if (suffix.slice(1) !== second) return null;
  const rest = path.slice(2);
  return { name: rest.length === 0 ? null : rest.join('/'), rest };
}

function headOf(filter: Filter): ByteString | null {
  const { protocol, localName, local, remote, name } = filter.mask;
  if (local !== undefined) return local.bits > 0 ? `local ${networkText(local)}` : null;
  if (localName !== undefined) return `local_name ${localName}`;
  if (remote !== undefined) return remote.bits > 0 ? `remote ${networkText(remote)}` : null;
  if (protocol !== undefined) return `protocol ${protocol}`;
  if (name === undefined) return null;
  if (filter.mask.isList !== true) return name;
  return `${filter.isGroup ? 'group ' : ''}${filter.kindName} ${printedName(filter.sectionName)}`;
}

/** Names of settings and list elements. */
function quotedKey(key: ByteString): ByteString {
  return /[ "\\#=]/.test(key) ? `"${escapeQuotes(key)}"` : key;
}

function printedName(raw: ByteString): ByteString {
  const name = unescapeSectionName(raw);
  if (name === '') return '""';
  return /[ "{=<'$]/.test(name) ? `"${escapeQuotes(name)}"` : name;
}
