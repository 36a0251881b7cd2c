import type { ByteString } from '../../../grammar/bytes.js';
import type { Origin } from '../origin.js';
import type { ListElement, ListValue } from './filter.js';

export function createList(origin: Origin | null): ListValue {
  return { kind: 'list', elements: [], index: null, replaced: false, origin, explicit: false };
}

/** Sets one element; a known key keeps its place. */
export function setElement(
  list: ListValue,
  key: ByteString,
  value: ByteString,
  origin: Origin | null,
): ListElement {
  const known = firstOf(list, key);
  if (known === undefined) return appendElement(list, key, value, origin);
  known.value = value;
  known.origin = origin;
  return known;
}

/** Most lists are short: an index of each would cost more than looking. */
const SHORT = 16;

function firstOf(list: ListValue, key: ByteString): ListElement | undefined {
  if (list.index === null) {
    if (list.elements.length < SHORT) return list.elements.find((element) => element.key === key);
    list.index = new Map();
    for (const element of list.elements)
      if (!list.index.has(element.key)) list.index.set(element.key, element);
  }
  return list.index.get(key);
}

/** Adds an element at the end, even if the key is there already: an assignment may name one twice. */
export function appendElement(
  list: ListValue,
  key: ByteString,
  value: ByteString,
  origin: Origin | null,
): ListElement {
  const element: ListElement = { key, value, origin };
  list.elements.push(element);
  if (list.index?.has(key) === false) list.index.set(key, element);
  return element;
}

export function clearList(list: ListValue): void {
  list.elements.length = 0;
  list.index = null;
}
