import type { ByteString } from '../../../grammar/bytes.js';
import { type Builder, Refused } from './builder.js';
import type { Filter, FilterTree, ListValue } from './filter.js';
import { appendElement, clearList } from './list-value.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** A line's value with `$` in it; `isReference`: it is looked up at the end. */
export interface LateValue {
  readonly text: ByteString;
  readonly isReference: boolean;
}

/** What 2.4.5 makes of a line's value with `$` in it; `expand`: as with `-x`. */
export function lateValue(
  builder: Builder,
  environment: Environment,
  key: ByteString,
  text: ByteString,
  expand: boolean,
): LateValue {
  return new LateReferences(builder.tree, environment).valueOf(builder, key, text, expand);
}

/** Gives everything that refers to another setting its final text. */
export function settleReferences(tree: FilterTree, environment: Environment): void {
  new LateReferences(tree, environment).settle();
}

/** Dovecot 2.4.5 config-parser.c config_write_keyvariable(). */
class LateReferences {
  readonly #tree: FilterTree;
  readonly #environment: Environment;

  constructor(tree: FilterTree, environment: Environment) {
    this.#tree = tree;
    this.#environment = environment;
  }

  valueOf(builder: Builder, key: ByteString, text: ByteString, expand: boolean): LateValue {
    const words = wordsOf(text);
    const { filter } = builder.section;
    const chain = [key];
    const isSelf = words.includes(`${SET}${key}`);
    const isReference = !isSelf && words.some((word) => word.startsWith(SET));
    const expanded = words.map((word) => {
      const isOwn = word === `${SET}${key}`;
      return expand || isOwn ? this.#expandWord(filter, word, chain) : word;
    });
    return { text: (isReference ? words : expanded).join(' '), isReference };
  }

  settle(): void {
    for (const filter of this.#tree.all)
      for (const [name, stored] of filter.values) {
        if (stored.kind === 'text' && this.#isOpen(filter, stored.text, stored.isReference)) {
          stored.text = this.#expand(filter, stored.text, [name]);
          delete stored.isReference;
        } else if (stored.kind === 'list') this.#settleList(filter, stored, name);
      }
  }

  #settleList(filter: Filter, list: ListValue, name: ByteString): void {
    for (const element of list.elements)
      if (this.#isOpen(filter, element.value, element.isReference)) {
        element.value = this.#expand(filter, element.value, [name]);
        delete element.isReference;
      }
    if (!list.elements.some(({ key }) => key.includes('$'))) return;
    const elements = [...list.elements];
    clearList(list);
    for (const { key, value, origin } of elements)
      appendElement(list, this.#expand(filter, key, [name]), value, origin);
  }

  #isOpen(filter: Filter, text: ByteString, isReference: boolean | undefined): boolean {
    return isReference === true || (filter.isDefault && text.includes(SET));
  }

  #expand(filter: Filter, text: ByteString, chain: readonly ByteString[]): ByteString {
    return wordsOf(text)
      .map((word) => this.#expandWord(filter, word, chain))
      .join(' ');
  }

  #expandWord(filter: Filter, word: ByteString, chain: readonly ByteString[]): ByteString {
    if (word.startsWith(ENV)) return this.#environment[word.slice(ENV.length)] ?? '';
    return word.startsWith(SET) ? this.#lookUp(filter, word.slice(SET.length), chain) : word;
  }

  /** A setting's text at a section: what is set there, or built in there, or else around it. */
  #lookUp(filter: Filter, fullName: ByteString, chain: readonly ByteString[]): ByteString {
    const fail = (text: ByteString): never => {
      throw new Refused('unknown-variable', `Failed to expand ${SET}${fullName}: ${text}`);
    };
    const slash = fullName.lastIndexOf('/');
    const path = fullName.slice(0, Math.max(slash, 0));
    const name = fullName.slice(slash + 1);
    const at = slash === -1 ? filter : this.#find(this.#tree.root, path);
    if (at === null) return fail(`Unknown filter path: ${path}`);
    const { table } = this.#tree;
    const definition = table.findSetting(name);
    if (definition === undefined) return fail(`Unknown setting: ${name}`);
    if (['strlist', 'boollist', 'filter', 'list_filter'].includes(definition.type))
      return fail("Setting type can't be expanded to string");
    for (let level: Filter | null = at; level !== null; level = level.parent) {
      const twin = this.#tree.twinOf(level);
      const [own, other] = level.isDefault ? [twin, level] : [level, twin];
      const stored = own?.values.get(name) ?? other?.values.get(name);
      if (stored?.kind !== 'text') continue;
      if (!this.#isOpen(level, stored.text, stored.isReference)) return stored.text;
      if (chain.includes(fullName))
        throw new Refused('unknown-variable', `Chained ${SET}${fullName} loops back to itself`);
      return this.#expand(level, stored.text, [...chain, fullName]);
    }
    const member = table.leadingStruct(definition)?.members.find((entry) => entry.name === name);
    return (member ?? definition).rawText;
  }

  /** `service/auth/unix_listener/x` from the root down; what the file has is looked at before what is built in. */
  #find(parent: Filter, path: ByteString): Filter | null {
    for (const from of [parent, this.#tree.twinOf(parent)])
      for (const child of from?.children ?? []) {
        const { name, isList } = child.mask;
        if (name === undefined || isList !== true || !path.startsWith(name)) continue;
        if (path.length === name.length) return child;
        if (path[name.length] === '/') return this.#find(child, path.slice(name.length + 1));
      }
    return null;
  }
}

const SET = '$SET:';
const ENV = '$ENV:';

function wordsOf(text: ByteString): ByteString[] {
  return text.split(/ [\t\n\v\f\r ]*/);
}
