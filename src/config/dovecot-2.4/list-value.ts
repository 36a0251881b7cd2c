import type { ByteString } from '../../../grammar/bytes.js';
import type { Origin } from '../origin.js';
import type { ListValue } from './filter.js';

export function createList(origin: Origin | null): ListValue {
  return { kind: 'list', elements: [], index: new Map(), replaced: false, origin, explicit: false };
}

/** Sets one element; a known key keeps its place. */
export function setElement(list: ListValue, key: ByteString, value: ByteString, origin: Origin | null): void {
  const known = list.index.get(key);
  if (known !== undefined) {
    known.value = value;
    known.origin = origin;
    return;
  }
  appendElement(list, key, value, origin);
}

/** Adds an element at the end, even if the key is there already: an assignment may name one twice. */
export function appendElement(
  list: ListValue,
  key: ByteString,
  value: ByteString,
  origin: Origin | null,
): void {
  const element = { key, value, origin };
  list.elements.push(element);
  if (!list.index.has(key)) list.index.set(key, element);
}

export function clearList(list: ListValue): void {
  list.elements.length = 0;
  list.index.clear();
}
