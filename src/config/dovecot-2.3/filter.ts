import type { ByteString } from '../../../grammar/bytes.js';
import type { HostLookup } from '../host.js';
import { networkOf } from '../host-names.js';
import { type Address, isInNetwork, type Network, networkText, type ParsedNetwork } from '../network.js';

/** The conditions of a block of `protocol`, `local`, `local_name` and `remote` filters, nested ones combined. */
export interface Filter {
  readonly service: ByteString | null;
  readonly local: Network | null;
  readonly remote: Network | null;
  readonly localName: ByteString | null;
}

export const GLOBAL_FILTER: Filter = { service: null, local: null, remote: null, localName: null };

/** What a lookup asks with; a network for `-f local=NET`. */
export interface FilterQuery {
  readonly service: ByteString | null;
  readonly local: Address | null;
  readonly remote: Address | null;
  readonly localName: ByteString | null;
}

export type Narrowed =
  | { readonly ok: true; readonly filter: Filter }
  | { readonly ok: false; readonly error: ByteString };

/** A filter keyword with its argument inside the filters around it; null: not a filter keyword. */
export function narrowFilter(
  parent: Filter,
  key: ByteString,
  value: ByteString,
  lookUp: HostLookup | undefined,
): Narrowed | null {
  const refuse = (error: ByteString): Narrowed => ({ ok: false, error });
  switch (key) {
    case 'protocol':
      if (parent.service !== null) return refuse('Nested protocol { protocol { .. } } block not allowed');
      return { ok: true, filter: { ...parent, service: value } };
    case 'local':
      if (hasBits(parent.remote)) return refuse(misplaced('remote', 'local'));
      if (parent.service !== null) return refuse(misplaced('protocol', 'local'));
      if (parent.localName !== null) return refuse(misplaced('local_name', 'local'));
      return narrowNetwork(parent, 'local', networkOf(value, lookUp));
    case 'local_name':
      if (hasBits(parent.remote)) return refuse(misplaced('remote', 'local_name'));
      if (parent.service !== null) return refuse(misplaced('protocol', 'local_name'));
      return { ok: true, filter: { ...parent, localName: value } };
    case 'remote':
      if (parent.service !== null) return refuse(misplaced('protocol', 'remote'));
      return narrowNetwork(parent, 'remote', networkOf(value, lookUp));
    default:
      return null;
  }
}

function misplaced(outer: string, inner: string): ByteString {
  return `${outer} { ${inner} { .. } } not allowed (use ${inner} { ${outer} { .. } } instead)`;
}

function narrowNetwork(parent: Filter, kind: 'local' | 'remote', parsed: ParsedNetwork): Narrowed {
  if (!parsed.ok) return { ok: false, error: parsed.error };
  const network = parsed.value;
  const outer = parent[kind];
  const outside =
    outer !== null &&
    outer.address !== null &&
    network.address !== null &&
    (outer.bits > network.bits || (outer.bits > 0 && !isInNetwork(network.address, outer)));
  if (outside)
    return {
      ok: false,
      error: `${kind} net1 { ${kind} net2 { .. } } requires net2 to be inside net1`,
    };
  return { ok: true, filter: { ...parent, [kind]: network } };
}

/** Networks of no bits are as if they were not written (Dovecot 2.3.19.1 config-filter.c). */
export function hasBits(network: Network | null): network is Network {
  return network !== null && network.bits > 0;
}

/** Equal filters are one: local_name without regard to case (config_filters_equal()). */
export function filterKey(filter: Filter): string {
  const network = (one: Network | null) =>
    one === null ? '' : `${one.address === null ? one.text : networkText(one)}/${one.bits}`;
  return JSON.stringify([
    filter.service,
    network(filter.local),
    network(filter.remote),
    filter.localName?.toLowerCase() ?? null,
  ]);
}

export function isConnectionFilter(filter: Filter): boolean {
  return filter.localName !== null || hasBits(filter.local) || hasBits(filter.remote);
}

export function matchesService(mask: Filter, service: ByteString | null): boolean {
  if (mask.service === null) return true;
  if (service === null) return false;
  return mask.service.startsWith('!') ? mask.service.slice(1) !== service : mask.service === service;
}

export function matchesFilter(mask: Filter, query: FilterQuery): boolean {
  return matchesService(mask, query.service) && matchesConnection(mask, query);
}

export function matchesConnection(mask: Filter, query: FilterQuery): boolean {
  if (mask.localName !== null) {
    const { localName } = query;
    if (localName === null) return false;
    if (!mask.localName.split(' ').some((name) => matchesWildcard(localName, name))) return false;
  }
  if (hasBits(mask.remote) && (query.remote === null || !isInNetwork(query.remote, mask.remote)))
    return false;
  return !hasBits(mask.local) || (query.local !== null && isInNetwork(query.local, mask.local));
}

/** `*.example.com` stands for one label (Dovecot dns-util.c dns_match_wildcard()). */
function matchesWildcard(name: ByteString, mask: ByteString): boolean {
  if (!mask.startsWith('*.')) return name.toLowerCase() === mask.toLowerCase();
  const dot = name.indexOf('.');
  return dot !== -1 && name.slice(dot + 1).toLowerCase() === mask.slice(2).toLowerCase();
}

/** Most specific first: local_name, longer local, longer remote, protocol (config_filter_parser_cmp()). */
export function compareSpecificity(a: Filter, b: Filter): number {
  const byName = Number(b.localName !== null) - Number(a.localName !== null);
  if (byName !== 0) return byName;
  const byLocal = (b.local?.bits ?? 0) - (a.local?.bits ?? 0);
  if (byLocal !== 0) return byLocal;
  const byRemote = (b.remote?.bits ?? 0) - (a.remote?.bits ?? 0);
  if (byRemote !== 0) return byRemote;
  return Number(b.service !== null) - Number(a.service !== null);
}

/** Whether `outer`, which matches the same connection, is the more general one of the two. */
export function isSuperset(outer: Filter, inner: Filter): boolean {
  if ((outer.local?.bits ?? 0) > (inner.local?.bits ?? 0)) return false;
  if ((outer.remote?.bits ?? 0) > (inner.remote?.bits ?? 0)) return false;
  if (outer.localName !== null && inner.localName === null) return false;
  return !(outer.service !== null && inner.service === null);
}
