import { type ByteString, toUtf8 } from '../../../grammar/bytes.js';
import type { Section, SectionEnd, Setting } from '../../../grammar/dovecot-conf/tree.js';
import type { Place } from '../../../grammar/source.js';
import { errnoCode, errnoText } from '../errno-text.js';
import { type LoadInput, resolvePath } from '../load-input.js';
import type { ConfigProblem } from '../problem.js';
import { type Filter, filterKey, isConnectionFilter, narrowFilter } from './filter.js';
import { filterMessage, isWrongNetwork } from './invalid-value.js';
import { escapeSectionName, Layer, type SectionNode, splitIds } from './layer.js';
import { wantedModules } from './modules.js';
import { type ObsoleteActions, rewriteObsolete } from './obsolete-settings.js';
import { type OldAuthActions, OldAuthSection } from './old-auth-section.js';
import { type OpenSection, OpenSections } from './open-sections.js';
import { ProblemLog } from './problem-log.js';
import type { ListSetting, SectionTable, SettingDefinition } from './settings-table.js';
import { type NewValue, plain, storeValue } from './store-value.js';
import { expandVariables } from './variable-value.js';

/** Where a value stands; its span is asked for if something is wrong with it. */
type Written = Pick<Place, 'span'>;

/**
 * Reads the statements of a 2.3 configuration into layers of settings, as config_parse_file() does, but goes on after
 * an error (Dovecot 2.3.19.1 config-parser.c).
 */
export class Reading {
  readonly layers: Layer[];
  readonly #input: LoadInput;
  readonly #log: ProblemLog;
  readonly #layersByFilter = new Map<string, Layer>();
  readonly #sections: OpenSections;
  readonly #table: SectionTable;
  readonly #global: Layer;
  readonly #oldAuth = new OldAuthSection();
  #sectionCounter = 0;
  /** The section whose opening line is being read, or the last one. */
  #opening: Section | null = null;

  readonly #obsoleteActions: ObsoleteActions = {
    filter: () => this.#sections.layer.filter,
    warn: (text) => this.#log.warnObsolete(text),
    complain: (text) => this.#log.complain(text),
    forgetErrors: () => this.#log.forgetErrors(),
    set: (name, text) => this.#keyValue(name, plain(text), this.#log.keyPlace),
    setFile: (name, path) => this.#fileValue(name, path, this.#log.keyPlace),
    setGlobal: (name, text) => this.#apply(this.#global, name, name, plain(text), null),
    applyGlobal: (name, path, text) => this.#apply(this.#global, name, path, plain(text), null),
    apply: (name, path, text) => this.#apply(this.#sections.layer, name, path, plain(text), null),
  };
  readonly #oldAuthActions: OldAuthActions = {
    warn: (text) => this.#log.warnObsolete(text),
    fail: (text) => this.#log.fail('syntax', text, this.#log.keyPlace, toUtf8(text)),
    openSection: (key, name) => {
      if (this.#opening !== null) this.#openSection(key, name, this.#opening);
    },
    set: (key, value) => this.#keyValue(key, plain(value), this.#log.keyPlace),
    addListener: (path) => {
      const id = plain(escapeSectionName(path));
      this.#apply(this.#sections.layer, 'unix_listener', 'service/auth/unix_listener', id, path);
    },
    applyGlobal: (name, path, value) => this.#apply(this.#sections.layer, name, path, plain(value), null),
  };

  constructor(input: LoadInput, table: SectionTable) {
    this.#input = input;
    this.#table = table;
    this.#global = new Layer(table, undefined, input.main.path);
    this.#sections = new OpenSections(this.#global);
    this.layers = [this.#global];
    this.#layersByFilter.set(filterKey(this.#global.filter), this.#global);
    this.#log = new ProblemLog(input.main, input.lenient, table);
  }

  read(): void {
    this.#input.read((event) => {
      switch (event.kind) {
        case 'problem':
          this.#log.problems.push(event.problem);
          break;
        case 'include':
          break;
        case 'setting':
          this.#log.enter(event.source, event.node);
          this.#setting(event.node);
          break;
        case 'section-begin': {
          const { source, node } = event;
          this.#log.enter(source, node);
          this.#sectionBegin(node.key, node.name ?? '', node);
          break;
        }
        case 'section-end':
          this.#log.enter(event.source, event.node);
          this.#sectionEnd(event.node);
          break;
      }
    });
    const open = this.#sections.innermost;
    if (open !== null) this.#log.missingEnd(open, this.#input.main);
  }

  get problems(): readonly ConfigProblem[] {
    return this.#log.problems;
  }

  get readings(): ProblemLog['readings'] {
    return this.#log.readings;
  }

  #setting(node: Setting): void {
    if (this.#sections.innermost?.skipped) return;
    const { key, value } = node;
    switch (value.form) {
      case 'file':
        this.#fileValue(key, value.text, value);
        return;
      case 'variable':
        this.#variableValue(key, value.text, value);
        return;
      default:
        if (this.#sections.path === '') {
          if (this.#oldKeyValue(key, value.text)) return;
        } else if (this.#oldPathKeyValue(key, value.text)) return;
        this.#keyValue(key, plain(value.text), value);
    }
  }

  #keyValue(key: ByteString, value: NewValue, written: Written): void {
    const { innermost, layer, path } = this.#sections;
    this.#log.warnIfShadowed(key, path, innermost !== null);
    const target = innermost?.target;
    const definition = target?.table.settings.get(key);
    // The usual setting of a section that is open: nothing has to be looked for.
    if (target != null && definition?.kind === 'value' && !isConnectionFilter(layer.filter))
      storeValue(target, definition, value, written, this.#log, this.#input.lenient);
    else this.#apply(layer, key, path + key, value, null, written);
  }

  #fileValue(key: ByteString, path: ByteString, written: Written): void {
    this.#log.warnIfShadowed(key, this.#sections.path, this.#sections.innermost !== null);
    const full = resolvePath(path, this.#log.source);
    let value: NewValue = { text: `<${path}`, expanded: `<${path}`, file: full };
    if (this.#input.expand && !this.#wantsFile(key)) value = { text: '', expanded: '', file: full };
    else if (this.#input.expand) {
      try {
        const text = this.#input.readFile(full);
        value = { text, expanded: text, file: full };
      } catch (error) {
        const reason = errnoText(error);
        const failure =
          errnoCode(error) === 'EISDIR'
            ? `read(${full}) failed: ${reason}`
            : `Can't open file ${full}: ${reason}`;
        this.#log.fail(
          'include-unreadable',
          `${this.#sections.path}${key}: ${failure}`,
          { source: this.#log.source, span: written.span },
          `the file of ${key} cannot be read: ${reason}`,
        );
        return;
      }
    }
    this.#apply(this.#sections.layer, key, this.#sections.path + key, value, null, written);
  }

  /** With `-m` files of other modules are not opened (Dovecot 2.3.19.1 config-parser.c config_require_key()). */
  #wantsFile(key: ByteString): boolean {
    const { modules = [] } = this.#input;
    if (modules.length === 0) return true;
    const [root = ''] = `${this.#sections.path}${key}`.split('/', 1);
    return wantedModules(modules)(this.#table.settings.get(root)?.modules ?? [], root);
  }

  #variableValue(key: ByteString, text: ByteString, written: Written): void {
    this.#log.warnIfShadowed(key, this.#sections.path, this.#sections.innermost !== null);
    const chain = this.#sections.layers;
    const result = expandVariables(key, text, chain, this.#input.host.environment);
    if (result.error !== null) {
      const place = { source: this.#log.source, span: written.span };
      const message = `the variable in the value of ${toUtf8(key)} cannot be expanded: ${toUtf8(result.error.text)}`;
      const stage = result.error.always || this.#input.expand ? 'doveconf' : 'start';
      this.#log.fail('unknown-variable', result.error.text, place, message, {}, stage);
      if (stage === 'doveconf') return;
    }
    const value: NewValue = this.#input.expand
      ? { text: result.expanded, expanded: result.expanded, file: null }
      : { text: result.text, expanded: result.expanded, file: null };
    this.#apply(this.#sections.layer, key, this.#sections.path + key, value, null, written);
  }

  /** Sets one path of a layer; `sectionName` not null: the line opens a section (config_apply_line()). */
  #apply(
    layer: Layer,
    key: ByteString,
    path: string,
    value: NewValue,
    sectionName: ByteString | null,
    written: Written | null = null,
  ): boolean {
    if (path === '') {
      this.#log.fail(
        'syntax',
        "Missing key name ('=' at the beginning of line)",
        this.#log.keyPlace,
        "a setting's name is missing before '='",
      );
      return false;
    }
    const found = layer.find(path);
    if (found === null) {
      this.#log.unknown(key, sectionName, this.#sections.keys);
      return false;
    }
    const authRefused = this.#refusesAuth(path, layer);
    if (found.kind === 'string') {
      found.node.entries.set(found.key, { ...value, origin: this.#log.origin });
      // Dovecot 2.3.19.1 config-parser.c config_add_type(): of the first value it thinks that it opened the list.
      if (sectionName !== null && !found.isFirst) {
        this.#log.fail(
          'unknown-section',
          'Section not allowed here',
          this.#log.keyPlace,
          'no section may stand here',
        );
        return false;
      }
    } else if (!this.#applyDefinition(layer, found, path, value, sectionName, written)) return false;
    if (authRefused) {
      this.#log.fail(
        'wrong-place',
        `Auth settings not supported inside local/remote blocks: ${key}`,
        this.#log.keyPlace,
        `${toUtf8(key)} is a setting of the auth process, which knows no local and remote filters: set it outside`,
        { name: key },
      );
      return false;
    }
    return true;
  }

  #applyDefinition(
    layer: Layer,
    found: { readonly node: SectionNode; readonly definition: SettingDefinition },
    path: string,
    value: NewValue,
    sectionName: ByteString | null,
    written: Written | null,
  ): boolean {
    const { node, definition } = found;
    switch (definition.kind) {
      case 'value':
        return storeValue(node, definition, value, written, this.#log, this.#input.lenient);
      case 'strings':
        for (const id of splitIds(value.text)) layer.openStrings(path, node, definition.name, id);
        if (value.text === '') layer.openStrings(path, node, definition.name, null);
        return true;
      case 'list':
        if (sectionName === '')
          return this.#addSection(layer, node, definition, path, value.text, value.text, sectionName);
        for (const id of splitIds(value.text))
          if (!this.#addSection(layer, node, definition, path, id, value.text, sectionName)) return false;
        return true;
    }
  }

  /** `wanted`: the id of the section that the line opens. */
  #addSection(
    layer: Layer,
    node: SectionNode,
    definition: ListSetting,
    path: string,
    id: string,
    wanted: string,
    sectionName: ByteString | null,
  ): boolean {
    const { origin } = this.#log;
    const section = layer.openSection(path, node, definition, id, origin);
    if (section === null) {
      this.#log.fail(
        'duplicate-section',
        `${path}/${id} already exists`,
        this.#log.keyPlace,
        `a ${definition.name} named ${toUtf8(sectionName ?? id)} exists already`,
        { name: definition.name, value: sectionName ?? id },
      );
      return false;
    }
    if (sectionName === null) return true;
    const { nameSetting } = definition.section;
    if (nameSetting !== null)
      section.values.set(nameSetting, { text: sectionName, expanded: sectionName, file: null, origin });
    if (id === wanted && this.#sections.innermost !== null) this.#sections.innermost.target = section;
    return true;
  }

  #refusesAuth(path: string, layer: Layer): boolean {
    if (!isConnectionFilter(layer.filter)) return false;
    const root = this.#table.settings.get(path.split('/')[0] ?? '');
    return root?.modules.includes('auth') === true;
  }

  #sectionBegin(key: ByteString, name: ByteString, node: Section): void {
    if (this.#sections.innermost?.skipped) {
      this.#push(key, false, undefined, undefined, true);
      return;
    }
    this.#opening = node;
    if (this.#oldAuth.open(key, name, this.#sections.path === '', this.#oldAuthActions)) return;
    if (this.#sections.path === '' && key === 'protocol' && name === 'managesieve') {
      this.#log.warnObsolete('protocol managesieve {} has been replaced by protocol sieve { }');
      this.#openSection(key, 'sieve', node);
    } else if (this.#sections.path === '' && key === 'service' && name === 'dns_client') {
      this.#log.warnObsolete('service dns_client {} has been replaced by service dns-client { }');
      this.#openSection(key, 'dns-client', node);
    } else this.#openSection(key, name, node);
  }

  #openSection(key: ByteString, name: ByteString, node: Section): void {
    const narrowed = narrowFilter(this.#sections.layer.filter, key, name, this.#input.host.lookUp);
    if (narrowed !== null) {
      if (!narrowed.ok) {
        this.#log.fail(
          isWrongNetwork(narrowed.error) ? 'invalid-section-name' : 'filter-nesting',
          narrowed.error,
          { source: this.#log.source, span: node.headSpan },
          filterMessage(key, narrowed.error),
          { name: key, value: name },
        );
        this.#push(key, true, undefined, undefined, true);
        return;
      }
      const id = filterKey(narrowed.filter);
      let layer = this.#layersByFilter.get(id);
      if (layer === undefined) {
        layer = this.#newLayer(narrowed.filter, node.line);
        this.layers.push(layer);
        this.#layersByFilter.set(id, layer);
      }
      this.#push(key, true, layer);
      return;
    }
    const id = name === '' ? String(this.#sectionCounter++) : escapeSectionName(name);
    const path = `${this.#sections.path}${key}`;
    const open = this.#push(key, false, undefined, `${path}/${id}/`);
    if (!this.#apply(open.layer, key, path, plain(id), name)) open.skipped = true;
  }

  /** Opens a section; what is not given is as around it. */
  #push(
    key: ByteString,
    isFilter: boolean,
    layer: Layer = this.#sections.layer,
    path: string = this.#sections.path,
    skipped = false,
  ): OpenSection {
    const { source, line } = this.#log;
    const outer = this.#sections.innermost;
    const open: OpenSection = { key, isFilter, layer, path, skipped, source, line, target: null, outer };
    this.#sections.enter(open);
    return open;
  }

  #newLayer(filter: Filter, line: number): Layer {
    return new Layer(this.#table, filter, `${this.#log.source.path}:${line}`, this.#log.origin);
  }

  #sectionEnd(node: SectionEnd): void {
    if (!this.#sections.innermost?.skipped && this.#oldAuth.close(this.#oldAuthActions)) return;
    if (!this.#sections.pop())
      this.#log.fail(
        'syntax',
        "Unexpected '}'",
        { source: this.#log.source, span: node.span },
        'this } closes nothing: no section is open here',
      );
  }

  #oldKeyValue(key: ByteString, value: ByteString): boolean {
    if (this.#oldAuth.takeSocketSetting(key, value)) return true;
    if (key === 'base_dir') this.#oldAuth.baseDir = value.endsWith('/') ? value.slice(0, -1) : value;
    const prefixed = this.#oldAuth.directlyInside && !key.startsWith('auth_') ? `auth_${key}` : key;
    if (
      rewriteObsolete(key, value, this.#obsoleteActions) ||
      rewriteObsolete(prefixed, value, this.#obsoleteActions)
    ) {
      this.#log.settleErrors();
      return true;
    }
    if (!this.#oldAuth.directlyInside) return false;
    this.#keyValue(prefixed, plain(value), this.#log.keyPlace);
    return true;
  }

  #oldPathKeyValue(key: ByteString, value: ByteString): boolean {
    if (this.#sections.path !== 'plugin/0/' || key !== 'imap_zlib_compress_level') return false;
    this.#log.warnObsolete(`${key} has been replaced by imap_compress_deflate_level`);
    this.#apply(this.#sections.layer, key, 'plugin/0/imap_compress_deflate_level', plain(value), null);
    return true;
  }
}
