import { compareSpecificity, type FilterQuery, hasBits, matchesFilter } from './filter.js';
import type { Layer } from './layer.js';
import { type NetworkLengths, networkKey, networkLengths } from './network-key.js';

/**
 * Finds the layers that match a connection without looking at all of them: thousands of `local_name` or `local` blocks
 * are looked up by their name or network.
 */
export class LayerIndex {
  /** Layers without a name or network of their own. */
  readonly #always: Layer[] = [];
  readonly #byName = new Map<string, Layer[]>();
  readonly #byNetwork = { local: new Map<string, Layer[]>(), remote: new Map<string, Layer[]>() };
  readonly #lengths: Record<'local' | 'remote', NetworkLengths> = { local: new Map(), remote: new Map() };
  readonly #order = new Map<Layer, number>();

  constructor(layers: readonly Layer[]) {
    for (const [order, layer] of layers.entries()) {
      this.#order.set(layer, order);
      const { filter } = layer;
      if (filter.localName !== null)
        for (const name of new Set(filter.localName.toLowerCase().split(' '))) add(this.#byName, name, layer);
      else if (hasBits(filter.local)) this.#addNetwork('local', layer);
      else if (hasBits(filter.remote)) this.#addNetwork('remote', layer);
      else this.#always.push(layer);
    }
  }

  /** The most specific layer first; equally specific ones in the order of the file. */
  matching(query: FilterQuery): Layer[] {
    const candidates = new Set(this.#always);
    if (query.localName !== null) {
      const name = query.localName.toLowerCase();
      const dot = name.indexOf('.');
      for (const key of dot === -1 ? [name] : [name, `*${name.slice(dot)}`])
        for (const layer of this.#byName.get(key) ?? []) candidates.add(layer);
    }
    for (const side of ['local', 'remote'] as const) {
      const address = query[side];
      if (address === null) continue;
      for (const bits of networkLengths(this.#lengths[side], address))
        for (const layer of this.#byNetwork[side].get(networkKey(address, bits)) ?? []) candidates.add(layer);
    }
    return [...candidates]
      .filter((layer) => matchesFilter(layer.filter, query))
      .sort(
        (a, b) =>
          compareSpecificity(a.filter, b.filter) || (this.#order.get(a) ?? 0) - (this.#order.get(b) ?? 0),
      );
  }

  #addNetwork(side: 'local' | 'remote', layer: Layer): void {
    const network = layer.filter[side];
    if (network?.address == null) return;
    add(this.#byNetwork[side], networkKey(network.address, network.bits), layer);
    const lengths = this.#lengths[side].get(network.address.family) ?? new Set();
    lengths.add(network.bits);
    this.#lengths[side].set(network.address.family, lengths);
  }
}

function add(index: Map<string, Layer[]>, key: string, layer: Layer): void {
  const known = index.get(key);
  if (known === undefined) index.set(key, [layer]);
  else known.push(layer);
}
