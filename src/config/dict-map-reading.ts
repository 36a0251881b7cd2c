import { type ByteString, toUtf8 } from '../../grammar/bytes.js';
import type { Section, SectionEnd, Setting } from '../../grammar/dovecot-conf/tree.js';
import type { Source } from '../../grammar/source.js';
import type { DictMapKind } from './ext-file.js';
import type { ExtProblems } from './ext-problems.js';
import { checkExtValue, defaultValues, type KeyTable, keyTable } from './ext-values.js';
import { originOf } from './load-input.js';
import type { Written } from './origin.js';
import type { EventReader } from './read-events.js';
import { similarNames } from './similar-names.js';

/** `fields { COLUMN = $variable }` of a map. */
interface Field {
  readonly variable: ByteString;
  readonly source: Source;
  readonly node: Setting;
}

/**
 * Reads a file of the dict process: the connection, and `map { }` blocks whose values are kept as `map/0/pattern`,
 * `map/0/fields/COLUMN`. Dovecot 2.3.19.1 lib-dict-backend/dict-sql-settings.c, dict-ldap-settings.c
 */
export class DictMapReading {
  readonly values: Map<string, Written>;
  readonly #kind: DictMapKind;
  readonly #problems: ExtProblems;
  readonly #text: (setting: Setting) => ByteString;
  readonly #rootKeys: KeyTable;
  readonly #mapKeys: KeyTable;
  #level: 'root' | 'map' | 'fields' = 'root';
  /** Depth inside a section that Dovecot does not know. */
  #skipped = 0;
  #map = -1;
  #fields: Field[] | null = null;
  #lastSection: { path: ByteString; line: number } | null = null;

  /** `text`: a value with its environment words expanded. */
  constructor(kind: DictMapKind, problems: ExtProblems, text: (setting: Setting) => ByteString) {
    this.#kind = kind;
    this.#problems = problems;
    this.#text = text;
    this.#rootKeys = keyTable(kind);
    this.#mapKeys = keyTable(`${kind}/map`);
    this.values = defaultValues(kind);
  }

  read(reader: EventReader): void {
    reader.read((event) => {
      switch (event.kind) {
        case 'setting':
          if (this.#skipped === 0) this.#setting(event.source, event.node);
          break;
        case 'section-begin':
          this.#begin(event.source, event.node);
          break;
        case 'section-end':
          this.#end(event.source, event.node);
          break;
        case 'include':
          break;
        case 'problem':
          this.#problems.take(event.problem);
      }
    });
  }

  /** The column of a file's words: what SQL calls a field is an attribute in LDAP. */
  get #word(): 'field' | 'attribute' {
    return this.#kind === 'dict-sql' ? 'field' : 'attribute';
  }

  #setting(source: Source, node: Setting): void {
    const text = this.#text(node);
    const origin = originOf(source, node);
    const { key } = node;
    if (this.#level === 'fields') {
      if (!text.startsWith('$'))
        this.#invalid(source, node, `Value is missing '$' for ${this.#word}: ${key}`);
      else {
        const typed =
          this.#kind === 'dict-sql' ? /^\$\{(?:hexblob|int|uint):(.*)\}$/s.exec(text)?.[1] : undefined;
        this.#fields?.push({ variable: typed ?? text.slice(1), source, node });
        this.values.set(`map/${this.#map}/fields/${key}`, { text, origin });
      }
      return;
    }
    const keys = this.#level === 'root' ? this.#rootKeys : this.#mapKeys;
    const entry = keys.get(key);
    if (entry === undefined) {
      const suggestions = similarNames(key, keys.keys());
      const hint = suggestions[0] === undefined ? '' : `; did you mean ${suggestions[0]}?`;
      this.#problems.fail('ext-unknown-setting', source, node.line, node.keySpan, `Unknown setting: ${key}`, {
        message: `unknown setting ${toUtf8(key)} in a ${this.#kind} file${hint}`,
        suggestions,
        subject: { name: key },
      });
      return;
    }
    const error = this.#level === 'root' && this.#kind === 'dict-ldap' ? ldapRootError(key, text) : null;
    const value = checkExtValue(entry.type, text);
    if (error !== null) this.#invalid(source, node, error);
    else if (!value.ok) this.#invalid(source, node, value.error);
    else
      this.values.set(this.#level === 'root' ? key : `map/${this.#map}/${key}`, { text: value.text, origin });
  }

  #begin(source: Source, node: Section): void {
    const opens =
      this.#skipped === 0 &&
      ((this.#level === 'root' && node.key === 'map') || (this.#level === 'map' && node.key === 'fields'));
    if (!opens) {
      if (this.#skipped++ === 0) {
        const last = this.#lastSection;
        const changed = last === null ? '' : ` (section changed in ${last.path} at line ${last.line})`;
        const text = `Unknown section: ${node.key}`;
        this.#problems.fail('ext-syntax', source, node.line, node.headSpan, text + changed, {
          message: toUtf8(text),
        });
      }
    } else if (node.key === 'map') {
      this.#level = 'map';
      this.#map++;
      this.#fields = null;
    } else {
      this.#level = 'fields';
      this.#fields ??= [];
    }
    this.#lastSection = { path: source.path, line: node.line };
  }

  #end(source: Source, node: SectionEnd): void {
    const fail = (text: ByteString | null) => {
      if (text !== null) this.#problems.fail('ext-syntax', source, node.line, node.span, text);
    };
    if (this.#skipped > 0) this.#skipped--;
    else if (this.#level === 'fields') {
      this.#level = 'map';
      fail(this.#variableError());
    } else if (this.#level === 'map') {
      this.#level = 'root';
      fail(this.#mapError());
    } else this.#problems.fail('ext-syntax', source, node.line, node.span, "Unexpected '}'");
    this.#lastSection = { path: source.path, line: node.line };
  }

  #get(key: string): ByteString | null {
    return this.values.get(`map/${this.#map}/${key}`)?.text ?? null;
  }

  /** Each variable of the pattern wants its column, and each column its variable. */
  #variableError(): ByteString | null {
    const left = (this.#fields ?? []).map(({ variable }) => variable);
    for (const [, long, short] of (this.#get('pattern') ?? '').matchAll(
      /\$(?:\{([^}]*)\}?|([A-Za-z0-9_]*))/g,
    )) {
      const at = left.indexOf(long ?? short ?? '');
      const what = this.#kind === 'dict-sql' ? 'SQL field' : 'LDAP attribute';
      if (at === -1) return `Missing ${what} for variable: ${long ?? short}`;
      left.splice(at, 1);
    }
    return left[0] === undefined ? null : `Unused variable: ${left[0]}`;
  }

  #mapError(): ByteString | null {
    const needed = this.#kind === 'dict-sql' ? ['pattern', 'table', 'value_field'] : ['pattern'];
    const missing = needed.find((key) => this.#get(key) === null);
    if (missing !== undefined) return `Missing setting: ${missing}`;
    const error = this.#kind === 'dict-sql' ? this.#sqlMapError() : this.#ldapMapError();
    if (error !== null) return error;
    return this.#fields === null && this.#get('pattern')?.includes('$')
      ? `Missing ${this.#word}s for pattern variables`
      : null;
  }

  #sqlMapError(): ByteString | null {
    const types = this.#get('value_type');
    if (types === null) return null;
    const all = words(types);
    if (all.length !== words(this.#get('value_field') ?? '').length)
      return "Number of fields in value_fields doesn't match value_type";
    return all.every((type) => ['string', 'hexblob', 'int', 'uint'].includes(type))
      ? null
      : 'Invalid value in value_type';
  }

  #ldapMapError(): ByteString | null {
    const filter = this.#get('filter') ?? '';
    if (filter !== '' && !filter.startsWith('(')) return 'Filter must start with (';
    if (filter !== '' && !filter.endsWith(')')) return 'Filter must end with )';
    if (this.#get('value_attribute') === null) return 'Missing setting: value_attribute';
    const scope = this.#get('scope');
    return scope === null || ['one', 'base', 'subtree'].includes(scope.toLowerCase())
      ? null
      : 'Scope must be one, base or subtree';
  }

  #invalid(source: Source, node: Setting, text: ByteString): void {
    this.#problems.fail('ext-invalid-value', source, node.line, node.value.span, text, {
      subject: { name: node.key },
    });
  }
}

function ldapRootError(key: string, text: ByteString): ByteString | null {
  const isNumber = /^[0-9]+$/.test(text) && Number(text) < 2 ** 32;
  if (key === 'timeout' || key === 'max_idle_time') return isNumber ? null : `Invalid ${key} value`;
  if (key === 'debug') return isNumber ? null : 'invalid debug value';
  if (key === 'tls') return /^(?:yes|no|try)$/i.test(text) ? null : 'tls must be yes, try or no';
  return null;
}

function words(text: ByteString): ByteString[] {
  return text.split(/[, ]+/).filter((word) => word !== '');
}
