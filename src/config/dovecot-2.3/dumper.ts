import type { ByteString } from '../../../grammar/bytes.js';
import type { Version23 } from '../../knowledge/versions.js';
import type { HostLookup } from '../host.js';
import { networkText } from '../network.js';
import type { Dump, DumpNode, DumpOptions } from '../print/dump.js';
import { checkMessages } from './checks/check-settings.js';
import { type ExportEntry, type ExportQuestion, type ExportScope, exportSettings } from './export.js';
import {
  compareSpecificity,
  type Filter,
  type FilterQuery,
  hasBits,
  matchesConnection,
  matchesService,
} from './filter.js';
import { filterQuery } from './filter-query.js';
import { humanForm } from './human-form.js';
import { defaultText, type Layer } from './layer.js';
import { mergeLayers } from './merge.js';
import { type ModuleOrder, moduleOrder } from './module-order.js';
import { type WantsSetting, wantedModules } from './modules.js';
import type { SectionTable } from './settings-table.js';

/** Prints a 2.3 configuration as doveconf does (Dovecot 2.3.19.1 doveconf.c). */
export function dump23(
  layers: readonly Layer[],
  version: Version23,
  options: DumpOptions,
  lookUp: HostLookup | undefined,
): Dump {
  const query = filterQuery(options.filters, lookUp);
  if (typeof query === 'string') return { nodes: [], messages: [`Fatal: ${query}`], exitCode: 89 };
  // A name is looked for in all modules (Dovecot 2.3.19.1 doveconf.c config_dump_one()).
  const modules = options.names.length > 0 && !options.simple ? [] : options.modules;
  const wants = wantedModules(modules);
  const scope = exportScope(options);
  const merged = mergeLayers(layers, query.query);
  if (merged.conflict !== null && options.names.length > 0)
    return { nodes: [], messages: options.names.map(() => `Error: ${merged.conflict}`), exitCode: 89 };
  const order =
    modules.length === 0
      ? undefined
      : moduleOrder(version, modules, (name) => defaultText(merged.root, name) ?? '');
  const question: ExportQuestion = {
    scope,
    hideListDefaults: !options.simple,
    wants,
    defaults: order?.defaults,
  };
  const entries = merged.conflict === null ? exportSettings(merged.root, question) : [];
  const checkErrors = merged.conflict === null ? checkMessages(merged.root, wants, version) : [];
  const errors = checkErrors.map(({ text }) => text);
  if (options.simple) {
    const shown = upTo(entries, merged.root.table, checkErrors[0]?.lastSetting);
    if (order !== undefined) shown.sort((a, b) => rankOf(a, order) - rankOf(b, order));
    const selected =
      options.names.length === 0
        ? shown
        : shown.flatMap((entry) =>
            options.names.filter((name) => isBelow(entry.path, name)).map(() => entry),
          );
    const nodes = selected.map(
      (entry): DumpNode => ({
        kind: 'setting',
        name: entry.path,
        value: entry.value,
        origin: entry.origin,
      }),
    );
    return finished(nodes, errors.slice(0, 1));
  }
  if (options.names.length > 0) {
    const messages: ByteString[] = [];
    const sections: DumpNode[] = [];
    const values: DumpNode[] = [];
    for (const name of options.names) {
      const exact = entries.find((entry) => entry.kind !== 'list' && entry.path === name);
      if (exact !== undefined) {
        values.push({ kind: 'setting', name, value: exact.value, origin: exact.origin });
        continue;
      }
      const inside = humanForm(entries, options.showSecrets, name);
      // A section that is there is said with all complaints, each time. observed 2.3.19.1
      if (inside.length > 0) messages.push(...errors.map((text) => `Error: ${text}`));
      sections.push(...inside);
    }
    // Values wait in the buffer of standard output until the end. observed 2.3.19.1, to a pipe
    return { nodes: [...sections, ...values], messages, exitCode: 0 };
  }
  const nodes = humanForm(entries, options.showSecrets, null);
  for (const layer of shownLayers(layers, query.query)) nodes.push(...layerNodes(layer, options, wants));
  const messages = merged.conflict === null ? errors : [merged.conflict, ...errors];
  return finished(nodes, messages);
}

function finished(nodes: DumpNode[], errors: readonly ByteString[]): Dump {
  return { nodes, messages: errors.map((text) => `Error: ${text}`), exitCode: errors.length === 0 ? 0 : 89 };
}

/** Entries up to those of a root setting and all inside it. */
function upTo(entries: readonly ExportEntry[], table: SectionTable, last: string | undefined): ExportEntry[] {
  if (last === undefined) return [...entries];
  const order = [...table.settings.keys()];
  const end = order.indexOf(last);
  return entries.filter(({ path }) => order.indexOf(path.split('/', 1)[0] ?? '') <= end);
}

function rankOf({ path }: ExportEntry, { rank }: ModuleOrder): number {
  return rank.get(path.split('/', 1)[0] ?? '') ?? rank.size;
}

function isBelow(path: string, name: ByteString): boolean {
  return path === name || path.startsWith(`${name}/`);
}

function exportScope(options: DumpOptions): ExportScope {
  switch (options.scope) {
    case 'changed':
    case 'set':
    case 'all-with-hidden':
      return options.scope;
    case 'all':
    case 'defaults':
      return options.names.length > 0 ? 'all-with-hidden' : 'all';
  }
}

function layerNodes(layer: Layer, options: DumpOptions, wants: WantsSetting): DumpNode[] {
  const entries = exportSettings(layer.root, { scope: 'set', hideListDefaults: true, wants });
  let nodes = humanForm(entries, options.showSecrets, null);
  if (nodes.length === 0) return [];
  for (const head of filterHeads(layer.filter).reverse())
    nodes = [{ kind: 'section', head, children: nodes, origin: layer.at }];
  return nodes;
}

function filterHeads(filter: Filter): ByteString[] {
  const heads: ByteString[] = [];
  if (hasBits(filter.local)) heads.push(`local ${networkText(filter.local)}`);
  if (filter.localName !== null) heads.push(`local_name ${filter.localName}`);
  if (hasBits(filter.remote)) heads.push(`remote ${networkText(filter.remote)}`);
  if (filter.service !== null) heads.push(`protocol ${filter.service}`);
  return heads;
}

/** Filters that are printed: those that may match the query, the most general first (config_filter_find_subset()). */
function shownLayers(layers: readonly Layer[], query: FilterQuery): Layer[] {
  const shown = layers.filter(({ filter }) => {
    if (query.service !== null && !matchesService(filter, query.service)) return false;
    const mask: Filter = {
      ...filter,
      localName: query.localName === null ? null : filter.localName,
      local: query.local === null ? null : filter.local,
      remote: query.remote === null ? null : filter.remote,
    };
    return matchesConnection(mask, query);
  });
  return shown.sort((a, b) => -compareSpecificity(a.filter, b.filter)).slice(1);
}
