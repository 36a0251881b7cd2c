import { type ByteString, toUtf8 } from '../../grammar/bytes.js';
import type { Section, Setting } from '../../grammar/dovecot-conf/tree.js';
import type { Source } from '../../grammar/source.js';
import type { AuthExtKind } from './ext-file.js';
import type { ExtProblems } from './ext-problems.js';
import { checkExtValue, defaultValues, type KeyTable, keyTable } from './ext-values.js';
import { originOf } from './load-input.js';
import type { Written } from './origin.js';
import type { EventReader } from './read-events.js';
import { similarNames } from './similar-names.js';

/** Reads a file of the auth process. Dovecot 2.3.19.1 lib-settings/settings.c, auth/db-*.c */
export class AuthExtReading {
  readonly values: Map<string, Written>;
  readonly #problems: ExtProblems;
  readonly #kind: AuthExtKind;
  readonly #text: (setting: Setting) => ByteString;
  readonly #table: KeyTable;
  readonly #keySection = keyTable('dict-auth/key');
  /** Open sections: what their settings are, `null` where they are skipped. */
  readonly #open: (string | null)[] = [];
  #lastSection: { path: ByteString; line: number } | null = null;

  constructor(kind: AuthExtKind, problems: ExtProblems, text: (setting: Setting) => ByteString) {
    this.#kind = kind;
    this.#problems = problems;
    this.#text = text;
    this.#table = keyTable(tableOf(kind));
    this.values = defaultValues(tableOf(kind));
  }

  read(reader: EventReader): void {
    reader.read((event) => {
      switch (event.kind) {
        case 'setting':
          this.#setting(event.source, event.node);
          break;
        case 'section-begin':
          this.#section(event.source, event.node);
          break;
        case 'section-end':
          if (this.#open.pop() === undefined)
            this.#problems.fail(
              'ext-syntax',
              event.source,
              event.node.line,
              event.node.span,
              "Unexpected '}'",
            );
          this.#lastSection = { path: event.source.path, line: event.node.line };
          break;
        case 'include':
          break;
        case 'problem':
          this.#problems.take(event.problem);
      }
    });
  }

  #setting(source: Source, node: Setting): void {
    const section = this.#open.at(-1);
    if (section === null) return;
    const text = this.#text(node);
    if (section === undefined) this.#store(source, node, text, this.#table, '');
    else if (section.startsWith('key/')) this.#store(source, node, text, this.#keySection, `${section}/`);
    else this.values.set(`${section}/${node.key}`, { text, origin: originOf(source, node) });
  }

  #store(source: Source, node: Setting, text: ByteString, table: KeyTable, prefix: string): void {
    const { key } = node;
    const origin = originOf(source, node);
    if (this.#kind === 'dict' && prefix === '' && /^(?:password_key|user_key|value_format)$/.test(key)) {
      // Old names of one JSON object each (Dovecot 2.3.19.1 db-dict.c parse_obsolete_setting()).
      if (key === 'value_format') {
        if (text !== 'json')
          this.#problems.fail(
            'ext-invalid-value',
            source,
            node.line,
            node.value.span,
            "Deprecated value_format must be 'json'",
          );
        return;
      }
      const name = key === 'password_key' ? 'passdb' : 'userdb';
      this.values.set(`key/${name}/key`, { text, origin });
      this.values.set(`key/${name}/format`, { text: 'json', origin });
      this.values.set(`${name}_objects`, { text: name, origin });
      return;
    }
    const entry = table.get(key);
    if (entry === undefined) {
      const suggestions = similarNames(key, table.keys());
      const hint = suggestions[0] === undefined ? '' : `; did you mean ${suggestions[0]}?`;
      this.#problems.fail('ext-unknown-setting', source, node.line, node.keySpan, `Unknown setting: ${key}`, {
        message: `unknown setting ${toUtf8(key)} in a ${this.#kind} file${hint}`,
        suggestions,
        subject: { name: key },
      });
      return;
    }
    const value = checkExtValue(entry.type, text);
    if (value.ok) this.values.set(prefix + key, { text: value.text, origin });
    else
      this.#problems.fail('ext-invalid-value', source, node.line, node.value.span, value.error, {
        message: `${toUtf8(key)}: ${toUtf8(value.error)}`,
        subject: { name: key, value: text },
      });
  }

  #section(source: Source, node: Section): void {
    const outer = this.#open.at(-1);
    const refuse = (text: ByteString) => {
      const last = this.#lastSection;
      const changed = last === null ? '' : ` (section changed in ${last.path} at line ${last.line})`;
      this.#problems.fail('ext-syntax', source, node.line, node.headSpan, text + changed);
      this.#open.push(null);
    };
    const name = node.name ?? '';
    // sql, ldap and oauth2 files skip all sections without a word.
    if (this.#kind !== 'dict' || outer === null) this.#open.push(null);
    else if (outer !== undefined) refuse('Nested sections not supported');
    else if (node.key === 'key') {
      if (name.includes('.')) refuse("Key section names must not contain '.'");
      else {
        this.#open.push(`key/${name}`);
        for (const [key, entry] of this.#keySection)
          this.values.set(`key/${name}/${key}`, { text: entry.default, origin: null });
      }
    } else if (node.key === 'passdb_fields' || node.key === 'userdb_fields') this.#open.push(node.key);
    else refuse('Unknown section');
    this.#lastSection = { path: source.path, line: node.line };
  }
}

/** The name of a kind's table of keys. */
export function tableOf(kind: AuthExtKind): string {
  return kind === 'dict' ? 'dict-auth' : kind;
}
