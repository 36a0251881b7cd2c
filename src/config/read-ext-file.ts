import { type ByteString, toUtf8 } from '../../grammar/bytes.js';
import { parseConfExt } from '../../grammar/conf-ext/parser.js';
import type { Section, Setting } from '../../grammar/dovecot-conf/tree.js';
import type { Source, Span } from '../../grammar/source.js';
import { EXTERNAL_2_3 } from '../knowledge/external-settings-2.3.js';
import { errnoText } from './errno-text.js';
import type { ExtFile, ExtKind } from './ext-file.js';
import { checkExtFile } from './ext-file-checks.js';
import { lineError, originOf } from './load-input.js';
import type { MappedFiles } from './mapped-files.js';
import type { Written } from './origin.js';
import type { ConfigProblem, ConfigProblemKind } from './problem.js';
import { EventReader } from './read-events.js';
import { similarNames } from './similar-names.js';

const FILE_KEYS: Readonly<Record<ExtKind, string>> = {
  sql: 'sql',
  ldap: 'ldap',
  oauth2: 'oauth2',
  dict: 'dict-auth',
};

/** Reads one external file with the rules of its kind (Dovecot 2.3.19.1 lib-settings/settings.c, auth/db-*.c). */
export function readExtFile(
  path: ByteString,
  kind: ExtKind,
  files: MappedFiles,
  environment: Readonly<Record<string, string | undefined>>,
): ExtFile {
  let main: Source;
  try {
    main = files.source(path);
  } catch (error) {
    const reason = errnoText(error);
    const problem: ConfigProblem = {
      kind: 'ext-unreadable',
      severity: 'error',
      place: null,
      dovecot: {
        message: `${kind} ${path}: Can't open configuration file ${path}: ${reason}`,
        stage: 'auth-start',
      },
      message: `the ${kind} file ${toUtf8(path)} cannot be read: ${reason}`,
      subject: { name: path },
    };
    return extFile(kind, path, [], defaults(kind), [problem]);
  }
  const reading = new ExtReading(path, kind, environment);
  const reader = new EventReader(main, files, { parse: parseConfExt, lastMatchFirst: true });
  reading.read(reader);
  const sources = reader.trees.map((tree) => tree.source);
  const problems = [...reading.problems, ...checkExtFile(kind, path, main, reading.values)];
  return extFile(kind, path, sources, reading.values, problems);
}

function extFile(
  kind: ExtKind,
  path: ByteString,
  sources: readonly Source[],
  values: ReadonlyMap<string, Written>,
  problems: readonly ConfigProblem[],
): ExtFile {
  return {
    kind,
    path: toUtf8(path),
    sources,
    values,
    problems,
    get: (key) => values.get(key)?.text ?? '',
  };
}

type KeyTable = ReadonlyMap<string, { readonly type: string; readonly default: string }>;

function keyTable(name: string): KeyTable {
  return new Map(
    (EXTERNAL_2_3[name] ?? []).map(([key, type, text]) => [
      key ?? '',
      { type: type ?? 'str', default: text ?? '' },
    ]),
  );
}

function defaults(kind: ExtKind): Map<string, Written> {
  return new Map(
    [...keyTable(FILE_KEYS[kind])].map(
      ([key, entry]) => [key, { text: entry.default, origin: null }] as const,
    ),
  );
}

class ExtReading {
  readonly values: Map<string, Written>;
  readonly problems: ConfigProblem[] = [];
  readonly #path: ByteString;
  readonly #kind: ExtKind;
  readonly #environment: Readonly<Record<string, string | undefined>>;
  readonly #table: KeyTable;
  readonly #keySection = keyTable('dict-auth/key');
  /** Open sections: what their settings are, `null` where they are skipped. */
  readonly #open: (string | null)[] = [];
  #lastSection: { path: ByteString; line: number } | null = null;

  constructor(path: ByteString, kind: ExtKind, environment: Readonly<Record<string, string | undefined>>) {
    this.#path = path;
    this.#kind = kind;
    this.#environment = environment;
    this.#table = keyTable(FILE_KEYS[kind]);
    this.values = defaults(kind);
  }

  read(reader: EventReader): void {
    for (const event of reader.events()) {
      switch (event.kind) {
        case 'setting':
          this.#setting(event.source, event.node);
          break;
        case 'section-begin':
          this.#section(event.source, event.node);
          break;
        case 'section-end':
          if (this.#open.pop() === undefined)
            this.#fail('ext-syntax', event.source, event.node.line, event.node.span, "Unexpected '}'");
          this.#lastSection = { path: event.source.path, line: event.node.line };
          break;
        case 'include':
          break;
        case 'problem':
          this.problems.push(this.#wrapped(event.problem));
      }
    }
  }

  #setting(source: Source, node: Setting): void {
    const section = this.#open.at(-1);
    if (section === null) return;
    const text = node.value.form === 'quoted' ? node.value.text : this.#environmentWords(node.value.text);
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
          this.#fail(
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
      this.#fail('ext-unknown-setting', source, node.line, node.keySpan, `Unknown setting: ${key}`, {
        message: `unknown setting ${toUtf8(key)} in a ${this.#kind} file${hint}`,
        suggestions,
        subject: { name: key },
      });
      return;
    }
    const value = checkExtValue(entry.type, text);
    if (value.ok) this.values.set(prefix + key, { text: value.text, origin });
    else
      this.#fail('ext-invalid-value', source, node.line, node.value.span, value.error, {
        message: `${toUtf8(key)}: ${toUtf8(value.error)}`,
        subject: { name: key, value: text },
      });
  }

  #section(source: Source, node: Section): void {
    const outer = this.#open.at(-1);
    const refuse = (text: ByteString) => {
      const last = this.#lastSection;
      const changed = last === null ? '' : ` (section changed in ${last.path} at line ${last.line})`;
      this.#fail('ext-syntax', source, node.line, node.headSpan, text + changed);
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

  /** `$ENV:NAME` as a word of its own (expand_environment_vars()). */
  #environmentWords(text: ByteString): ByteString {
    return text.replace(/(^|[ \t])\$ENV:([^ ]*)/g, (_, before: string, name: string) => {
      return before + (this.#environment[name] ?? '');
    });
  }

  #fail(
    kind: ConfigProblemKind,
    source: Source,
    line: number,
    span: Span,
    text: ByteString,
    more: Partial<ConfigProblem> = {},
  ): void {
    this.problems.push({
      kind,
      severity: 'error',
      place: { source, span },
      message: toUtf8(text),
      ...more,
      dovecot: {
        message: `${this.#kind} ${this.#path}: ${lineError(source, line, text)}`,
        stage: 'auth-start',
      },
    });
  }

  /** A problem of the line language, as the auth process says it. */
  #wrapped(problem: ConfigProblem): ConfigProblem {
    if (problem.severity === 'warning' || problem.dovecot === null) return problem;
    return {
      ...problem,
      kind: problem.kind === 'syntax' ? 'ext-syntax' : problem.kind,
      dovecot: { message: `${this.#kind} ${this.#path}: ${problem.dovecot.message}`, stage: 'auth-start' },
    };
  }
}

type Checked =
  | { readonly ok: true; readonly text: ByteString }
  | { readonly ok: false; readonly error: ByteString };

function checkExtValue(type: string, text: ByteString): Checked {
  if (type === 'bool') {
    if (/^yes$/i.test(text)) return { ok: true, text: 'yes' };
    if (/^no$/i.test(text)) return { ok: true, text: 'no' };
    return { ok: false, error: `Invalid boolean: ${text}` };
  }
  if (type !== 'int') return { ok: true, text };
  // sscanf("%i"): white space, a sign, 0x.. and octal; what follows the number does not matter.
  const match = /^\s*([+-]?)(?:0[xX]([0-9a-fA-F]+)|(0[0-7]*)|([1-9][0-9]*))/.exec(text);
  if (match === null) return { ok: false, error: `Invalid number: ${text}` };
  const [, sign, hex, octal, decimal] = match;
  const number =
    hex !== undefined
      ? Number.parseInt(hex, 16)
      : octal !== undefined
        ? Number.parseInt(octal, 8)
        : Number(decimal);
  if (sign === '-' && number !== 0) return { ok: false, error: `Invalid number: ${text}` };
  return { ok: true, text: String(number) };
}
