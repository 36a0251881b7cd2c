import type { ByteString } from '../../../grammar/bytes.js';
import type { HostLookup } from '../host.js';
import { networkOf } from '../host-names.js';
import { isInNetwork, type Network } from '../network.js';
import { type Builder, type OpenSection, Refused } from './builder.js';
import type { Filter, FilterMask } from './filter.js';
import { escapeSectionName } from './section-name.js';

function wrongNesting(outer: ByteString, inner: ByteString): never {
  const text = `${outer} { ${inner} { .. } } not allowed (use ${inner} { ${outer} { .. } } instead)`;
  throw new Refused('filter-nesting', text);
}

function network(
  value: ByteString,
  outer: Network | undefined,
  key: 'local' | 'remote',
  lookUp: HostLookup | undefined,
): Network {
  const parsed = networkOf(value, lookUp);
  if (!parsed.ok) throw new Refused('invalid-section-name', parsed.error);
  const inner = parsed.value;
  const isInside =
    outer === undefined ||
    outer.bits === 0 ||
    inner.address === null ||
    (outer.bits <= inner.bits && isInNetwork(inner.address, outer));
  if (!isInside)
    throw new Refused('filter-nesting', `${key} net1 { ${key} net2 { .. } } requires net2 to be inside net1`);
  return inner;
}

/** Mask of a group or connection filter inside `parent`; null: neither. Dovecot 2.4.1 config-parser.c. */
export function connectionMask(
  parent: Filter,
  key: ByteString,
  value: ByteString,
  lookUp: HostLookup | undefined,
): FilterMask | null {
  const outer = parent.mask;
  const named = outer.name === undefined ? null : parent.kindName;
  if (key.startsWith('@')) {
    if (!parent.isRoot)
      throw new Refused('filter-nesting', 'groups must defined at top-level, not under filters');
    return { name: `${key}/${value}`, isList: true };
  }
  switch (key) {
    case 'protocol':
      if (outer.protocol !== undefined)
        throw new Refused('filter-nesting', 'Nested protocol { protocol { .. } } block not allowed');
      if (named !== null) wrongNesting(named, key);
      return { protocol: value };
    case 'local':
      if ((outer.remote?.bits ?? 0) > 0) wrongNesting('remote', key);
      if (outer.protocol !== undefined) wrongNesting('protocol', key);
      if (outer.localName !== undefined) wrongNesting('local_name', key);
      if (named !== null) wrongNesting(named, key);
      return { local: network(value, outer.local, key, lookUp) };
    case 'local_name':
      if (value.includes(' '))
        throw new Refused('invalid-section-name', 'Multiple names no longer supported in local_name value');
      if ((outer.remote?.bits ?? 0) > 0) wrongNesting('remote', key);
      if (outer.protocol !== undefined) wrongNesting('protocol', key);
      if (named !== null) wrongNesting(named, key);
      return { localName: value.replace(/[A-Z]/g, (letter) => letter.toLowerCase()) };
    case 'remote':
      if (outer.protocol !== undefined) wrongNesting('protocol', key);
      if (named !== null) wrongNesting(named, key);
      return { remote: network(value, outer.remote, key, lookUp) };
    default:
      return null;
  }
}

/** Sections that may not stand inside each other. */
function checkPlacement(parent: Filter, key: ByteString): void {
  if (parent.mask.isList !== true) return;
  const outer = parent.kindName;
  const wrong =
    (key === 'namespace' && (outer === 'namespace' || outer === 'mailbox')) ||
    (key === 'mailbox' && outer === 'mailbox') ||
    (key === 'service' && !outer.startsWith('@'));
  if (wrong) throw new Refused('wrong-place', `${key} { .. } not allowed under ${outer} { .. }`);
}

/** The key of a section inside named filters: `F_NAME_key`, `F_key` or as written. */
export function sectionKey(filter: Filter, key: ByteString): ByteString {
  const name = filter.mask.name;
  if (name === undefined) return key;
  const longest = `${name.replaceAll('/', '_')}_${key}`;
  if (filter.table.isPrefixable(longest)) return longest;
  const longer = `${filter.kindName}_${key}`;
  return filter.table.isPrefixable(longer) ? longer : key;
}

/**
 * Opens `key NAME {` as the innermost section and makes it the builder's open one. On `Refused` the section is open
 * all the same, at its parent's filter, so that its end finds it.
 */
export function openSection(
  builder: Builder,
  key: ByteString,
  name: ByteString | null,
  isGroup: boolean,
): OpenSection {
  const outer = builder.section;
  const section: OpenSection = {
    parent: outer,
    key: isGroup ? 'group' : key,
    filter: outer.filter,
    isFilter: false,
    definition: null,
    origin: builder.origin,
  };
  builder.section = section;
  if (openFilter(builder, section, key, name) || isGroup) return section;
  const definition = outer.filter.table.findSetting(key);
  const { explainsSections } = builder.rules;
  if (definition === undefined) {
    const attempts = explainsSections ? attemptsText(outer.filter, key) : '';
    throw new Refused('unknown-section', `Unknown section name: ${key}${attempts}`);
  }
  if (!explainsSections) return section;
  if (definition.type !== 'strlist' && definition.type !== 'boollist')
    throw new Refused('unknown-section', `Setting ${key} cannot be used as a section`);
  if (name !== null && name !== '')
    throw new Refused('invalid-section-name', `Setting ${key} cannot have a value for the section`);
  return section;
}

/** Dovecot 2.4.5 config-parser.c config_parser_apply_line() */
function attemptsText({ mask: { name }, kindName }: Filter, key: ByteString): ByteString {
  if (name === undefined) return '';
  return ` (${name.replaceAll('/', '_')}_${key}, ${kindName}_${key} not found either.)`;
}

/** Opens a filter; false: the key is none. */
function openFilter(
  builder: Builder,
  section: OpenSection,
  key: ByteString,
  name: ByteString | null,
): boolean {
  const parent = section.filter;
  const value = name ?? '';
  let mask = connectionMask(parent, key, value, builder.lookUp);
  const definition = parent.table.findSetting(key);
  const isList = definition?.type === 'list_filter';
  if (mask === null) {
    if (definition === undefined || (definition.type !== 'filter' && !isList)) return false;
    if (isList) {
      checkPlacement(parent, key);
      if (name === null) throw new Refused('invalid-section-name', `${key} { } is missing section name`);
      mask = { name: `${key}/${value}`, isList: true };
    } else {
      if (name !== null) throw new Refused('invalid-section-name', `${key} { } must not have a section name`);
      mask = { name: key };
    }
  }
  let filter = builder.tree.find(parent, mask, false);
  if (filter === undefined) {
    if (isList && definition !== undefined) addName(builder, key, value);
    filter = builder.tree.create(parent, mask, false, builder.origin);
  }
  section.filter = filter;
  section.isFilter = true;
  if (definition === undefined || mask.name === undefined || filter.isGroup) return true;
  section.definition = definition;
  if (definition.nameField !== null) {
    setNameField(builder, definition.nameField, value);
    const around = section.parent?.definition;
    if (around != null && around.required === key && section.parent !== null)
      section.parent.filter.requiredSeen = true;
  }
  return true;
}

function addName(builder: Builder, key: ByteString, value: ByteString): void {
  const escaped = escapeSectionName(value);
  try {
    builder.apply(key, escaped);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const definition = builder.tree.table.findSetting(key);
    const struct = definition === undefined ? undefined : builder.tree.table.leadingStruct(definition);
    throw new Refused(
      error.kind,
      `Failed to set ${key}=${escaped} for struct ${struct?.name ?? ''}: ${error.message}`,
    );
  }
}

function setNameField(builder: Builder, field: ByteString, value: ByteString): void {
  try {
    builder.apply(field, value, null, false);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const definition = builder.tree.table.findSetting(field);
    const struct = definition === undefined ? undefined : builder.tree.table.leadingStruct(definition);
    // observed 2.4.1: the program aborts here
    const structName = struct?.name.replace(/_$/, '') ?? '';
    const text = `Failed to set ${field}=${value} for struct ${structName}: ${error.message}`;
    throw new Refused(error.kind, `Panic: BUG: Invalid setting definitions: ${text}`);
  }
}
