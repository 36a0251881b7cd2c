import type { ByteString } from '../../../../grammar/bytes.js';
import type { LoadInput } from '../../load-input.js';
import type { ConfigProblem } from '../../problem.js';
import type { Filter, FilterTree } from '../filter.js';
import type { FilterIndex } from '../scope.js';
import { type CheckContext, scopeWith } from './check-context.js';
import { structChecksOf } from './checks-by-version.js';
import { expansionError } from './expansion-error.js';
import { STRUCTS } from './sieve-structs.js';
import { StructView } from './struct-view.js';

/** Extensions that Pigeonhole knows besides those of its plugins. Pigeonhole 2.4.1 sieve-extensions.c */
const EXTENSIONS = new Set(
  (
    'comparator-i;octet comparator-i;ascii-casemap comparator-i;unicode-casemap fileinto reject envelope ' +
    'encoded-character vacation subaddress comparator-i;ascii-numeric relational regex imap4flags copy include body ' +
    'variables enotify environment mailbox date index ihave duplicate mime foreverypart extracttext vacation-seconds ' +
    'spamtest spamtestplus virustest editheader mboxmetadata servermetadata special-use vnd.dovecot.debug ' +
    'vnd.dovecot.environment vnd.dovecot.report'
  ).split(' '),
);

/** Plugins of Debian's package with the extensions that they bring. */
const PLUGINS: ReadonlyMap<ByteString, readonly string[]> = new Map([
  ['sieve_extprograms', ['vnd.dovecot.pipe', 'vnd.dovecot.filter', 'vnd.dovecot.execute']],
  ['sieve_imapsieve', ['imapsieve', 'vnd.dovecot.imapsieve']],
  ['sieve_storage_ldap', []],
]);
const PLUGIN_DIRECTORY = '/usr/lib/dovecot/modules/sieve';

/** Extensions that load another one first. */
const NEEDS: Readonly<Record<string, string>> = { 'vacation-seconds': 'vacation' };

/**
 * What Pigeonhole says while doveconf asks it for its capabilities, which is before all checks of settings: if it does
 * not start there are none. Pigeonhole 2.4.1 managesieve-login-settings-plugin.c, sieve.c sieve_init()
 */
export function sieveProblems(tree: FilterTree, index: FilterIndex, input: LoadInput): ConfigProblem[] {
  const start = new SieveStart(tree, index, input);
  start.run();
  return start.problems;
}

class SieveStart {
  readonly problems: ConfigProblem[] = [];
  readonly #tree: FilterTree;
  readonly #input: LoadInput;
  readonly #context: CheckContext;
  readonly #scope: ReturnType<typeof scopeWith>;
  readonly #within: readonly Filter[];
  readonly #loaded = new Set<ByteString>();
  readonly #known: Set<ByteString>;

  constructor(tree: FilterTree, index: FilterIndex, input: LoadInput) {
    this.#tree = tree;
    this.#input = input;
    const { environment } = input.host;
    this.#context = { index, connection: {}, expanded: input.expand, environment, warn: () => undefined };
    // It asks for no protocol, and so for `protocol !imap { }` as well.
    this.#scope = scopeWith(this.#context);
    this.#within = this.#scope.filters.filter((filter) => !filter.isRoot && !filter.isDefault).reverse();
    this.#known = new Set(EXTENSIONS);
    if (tree.table.findStruct('sieve_extlists') !== undefined) this.#known.add('extlists');
  }

  run(): void {
    if (!this.#read('sieve') || !this.#loadPlugins()) return;
    for (const list of ['sieve_extensions', 'sieve_global_extensions', 'sieve_implicit_extensions'])
      for (const name of this.#scope.list(list)) if (!this.#enable(name)) return;
  }

  #enable(name: ByteString): boolean {
    if (this.#known.has(name)) return this.#load(name);
    const text = `sieve: ignored unknown extension '${name}' while configuring available extensions`;
    this.problems.push(this.#problem('warning', text));
    return true;
  }

  #load(name: ByteString): boolean {
    if (this.#loaded.has(name)) return true;
    this.#loaded.add(name);
    const needed = Object.hasOwn(NEEDS, name) ? NEEDS[name] : undefined;
    const structs = (Object.hasOwn(STRUCTS, name) ? STRUCTS[name] : undefined) ?? [];
    const isFine =
      (needed === undefined || this.#load(needed)) && structs.every((struct) => this.#read(struct));
    if (!isFine) this.#fail(`sieve: failed to load '${name}' extension support.`);
    return isFine;
  }

  /** Reads a struct, which checks it. */
  #read(name: ByteString): boolean {
    const struct = this.#tree.table.findStruct(name);
    if (struct === undefined) return true;
    const unknown = expansionError(this.#context, this.#scope, name);
    if (unknown !== null) {
      this.#fail(`sieve: ${name} settings: Failed to parse configuration: ${unknown}`);
      return false;
    }
    const view = new StructView(this.#tree, this.#tree.root, struct, this.#input.expand, this.#within);
    const error = structChecksOf(this.#tree.table.version).get(name)?.(view, this.#context) ?? null;
    if (error !== null) this.#fail(`sieve: ${name} settings: Invalid settings: ${error}`);
    return error === null;
  }

  /** false: the program ends. */
  #loadPlugins(): boolean {
    const names = this.#scope.list('sieve_plugins');
    if (names.length === 0) return true;
    const directory = this.#scope.text('sieve_plugin_dir');
    const isUsual = directory === PLUGIN_DIRECTORY;
    const { host } = this.#input;
    if (!isUsual && !host.isDirectory(directory)) {
      this.#end(`opendir(${directory}) failed: No such file or directory`);
      return false;
    }
    const files = host
      .glob(`${directory}/*_plugin.so`)
      .map((path) => pluginName(path.slice(directory.length + 1)));
    // The first in the order of bytes that is missing is named.
    for (const name of names.map(pluginName).sort()) {
      if (!files.includes(name) && !(isUsual && PLUGINS.has(name))) {
        const tried =
          this.#tree.table.version === '2.4.1' ? '' : ` (trying to load modules: ${names.join(' ')})`;
        this.#end(`Plugin '${name}' not found from directory ${directory}${tried}`);
        return false;
      }
      for (const extension of PLUGINS.get(name) ?? []) this.#known.add(extension);
    }
    return true;
  }

  #fail(text: ByteString): void {
    this.problems.push({ ...this.#problem('error', text), fatal: 'Failed to initialize Sieve' });
  }

  /** The program's last words. */
  #end(text: ByteString): void {
    this.problems.push({ ...this.#problem('error', text), fatal: text, ends: true });
  }

  #problem(severity: 'error' | 'warning', text: ByteString): ConfigProblem {
    return {
      kind: 'failed-check',
      severity,
      place: this.#tree.root.origin,
      dovecot: { message: text, stage: 'doveconf' },
      message: text,
    };
  }
}

/** Dovecot 2.4.1 module-dir.c module_file_get_name() */
function pluginName(file: ByteString): ByteString {
  return file.replace(/^lib(?:[0-9]+_)?/, '').replace(/(?:_plugin)?\..*$/s, '');
}
