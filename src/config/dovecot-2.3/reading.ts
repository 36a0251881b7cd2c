import { type ByteString, toUtf8 } from '../../../grammar/bytes.js';
import type { Section, SectionEnd, Setting } from '../../../grammar/dovecot-conf/tree.js';
import type { Place, Source } from '../../../grammar/source.js';
import { errnoCode, errnoText } from '../errno-text.js';
import { type LoadInput, lineError, originOf, resolvePath } from '../load-input.js';
import type { Origin } from '../origin.js';
import type { ConfigProblem, ConfigProblemKind } from '../problem.js';
import { filterKey, isConnectionFilter, narrowFilter } from './filter.js';
import { escapeSectionName, Layer, type SectionNode } from './layer.js';
import { rewriteObsolete } from './obsolete-settings.js';
import { OldAuthSection } from './old-auth-section.js';
import { settingsTable, type ValueSetting } from './settings-table.js';
import { explainUnknown } from './unknown-setting.js';
import { checkValue } from './value-type.js';
import { expandVariables } from './variable-value.js';

/** A section that is open while the file is read. */
interface OpenSection {
  readonly key: ByteString;
  readonly isFilter: boolean;
  readonly layer: Layer;
  /** Path of the settings inside, with its last slash: `passdb/0/`. */
  readonly path: string;
  /** Opened by a line that Dovecot refuses: its settings are not judged. */
  readonly skipped: boolean;
  readonly source: Source;
  readonly line: number;
}

/** A value on its way to its setting. */
interface NewValue {
  readonly text: ByteString;
  readonly expanded: ByteString;
  readonly file: ByteString | null;
}

/**
 * Reads the statements of a 2.3 configuration into layers of settings, as config_parse_file() does, but goes on after
 * an error (Dovecot 2.3.19.1 config-parser.c).
 */
export class Reading {
  readonly layers: Layer[];
  readonly problems: ConfigProblem[] = [];
  readonly readings: { problem: ConfigProblem; text: string }[] = [];
  readonly #input: LoadInput;
  readonly #layersByFilter = new Map<string, Layer>();
  readonly #stack: OpenSection[] = [];
  readonly #global: Layer;
  /** Settings seen inside sections and filters, by path, with the place that Dovecot names. */
  readonly #seen = new Map<string, { readonly text: ByteString; readonly place: Place }>();
  readonly #oldAuth = new OldAuthSection();
  #sectionCounter = 0;
  #warnedObsolete = false;
  #source: Source;
  #origin: Origin;
  #keyPlace: Place;

  constructor(input: LoadInput) {
    this.#input = input;
    this.#global = new Layer(undefined, input.main.path);
    this.layers = [this.#global];
    this.#layersByFilter.set(filterKey(this.#global.filter), this.#global);
    this.#source = input.main;
    this.#origin = { source: input.main, span: { start: 0, end: 0 }, line: 0 };
    this.#keyPlace = this.#origin;
  }

  read(): void {
    for (const event of this.#input.events()) {
      switch (event.kind) {
        case 'problem':
          this.problems.push(event.problem);
          break;
        case 'include':
          break;
        case 'setting':
          this.#enter(event.source, event.node, event.node.keySpan);
          this.#setting(event.node);
          break;
        case 'section-begin':
          this.#enter(event.source, { ...event.node, span: event.node.headSpan }, event.node.keySpan);
          this.#sectionBegin(event.node.key, event.node.name ?? '', event.node);
          break;
        case 'section-end':
          this.#enter(event.source, event.node, event.node.span);
          this.#sectionEnd(event.node);
          break;
      }
    }
    const open = this.#stack.at(-1);
    if (open !== undefined) this.#missingEnd(open);
  }

  #enter(source: Source, node: Setting | Section | SectionEnd, keySpan: Place['span']): void {
    this.#source = source;
    this.#origin = originOf(source, node);
    this.#keyPlace = { source, span: keySpan };
  }

  get #section(): OpenSection | undefined {
    return this.#stack.at(-1);
  }

  get #path(): string {
    return this.#section?.path ?? '';
  }

  get #layer(): Layer {
    return this.#section?.layer ?? this.#global;
  }

  #setting(node: Setting): void {
    if (this.#section?.skipped) return;
    const { key, value } = node;
    switch (value.form) {
      case 'text':
      case 'quoted':
        if (this.#path === '') {
          if (this.#oldKeyValue(key, value.text)) return;
        } else if (this.#oldPathKeyValue(key, value.text)) return;
        this.#keyValue(key, plain(value.text), node.value.span);
        return;
      case 'file':
        this.#fileValue(key, value.text, node.value.span);
        return;
      case 'variable':
        this.#variableValue(key, value.text, node.value.span);
    }
  }

  #keyValue(key: ByteString, value: NewValue, valueSpan: Place['span']): void {
    this.#warnIfShadowed(key);
    this.#apply(this.#layer, key, this.#path + key, value, null, valueSpan);
  }

  #fileValue(key: ByteString, path: ByteString, valueSpan: Place['span']): void {
    this.#warnIfShadowed(key);
    const full = resolvePath(path, this.#source);
    let value: NewValue = { text: `<${path}`, expanded: `<${path}`, file: full };
    if (this.#input.expand) {
      try {
        const text = this.#input.readFile(full);
        value = { text, expanded: text, file: full };
      } catch (error) {
        const reason = errnoText(error);
        const failure =
          errnoCode(error) === 'EISDIR'
            ? `read(${full}) failed: ${reason}`
            : `Can't open file ${full}: ${reason}`;
        this.#fail(
          'include-unreadable',
          `${this.#path}${key}: ${failure}`,
          { source: this.#source, span: valueSpan },
          `the file of ${key} cannot be read: ${reason}`,
        );
        return;
      }
    }
    this.#apply(this.#layer, key, this.#path + key, value, null, valueSpan);
  }

  #variableValue(key: ByteString, text: ByteString, valueSpan: Place['span']): void {
    this.#warnIfShadowed(key);
    const chain = [...this.#stack.map((open) => open.layer).reverse(), this.#global];
    const result = expandVariables(key, text, chain, this.#input.host.environment);
    if (result.error !== null) {
      const place = { source: this.#source, span: valueSpan };
      const message = `the variable in the value of ${toUtf8(key)} cannot be expanded: ${toUtf8(result.error.text)}`;
      const stage = result.error.always || this.#input.expand ? 'doveconf' : 'start';
      this.#fail('unknown-variable', result.error.text, place, message, {}, stage);
      if (stage === 'doveconf') return;
    }
    const value: NewValue = this.#input.expand
      ? { text: result.expanded, expanded: result.expanded, file: null }
      : { text: result.text, expanded: result.expanded, file: null };
    this.#apply(this.#layer, key, this.#path + key, value, null, valueSpan);
  }

  /** Sets one path of a layer; `sectionName` not null: the line opens a section (config_apply_line()). */
  #apply(
    layer: Layer,
    key: ByteString,
    path: string,
    value: NewValue,
    sectionName: ByteString | null,
    valueSpan: Place['span'] = this.#keyPlace.span,
  ): boolean {
    if (path === '') {
      this.#fail(
        'syntax',
        "Missing key name ('=' at the beginning of line)",
        this.#keyPlace,
        "a setting's name is missing before '='",
      );
      return false;
    }
    const found = layer.find(path);
    if (found === null) {
      this.#unknown(key, sectionName);
      return false;
    }
    const authRefused = this.#refusesAuth(path, layer);
    if (found.kind === 'string') {
      found.node.entries.set(found.key, { ...value, origin: this.#origin });
      if (sectionName !== null) {
        this.#fail(
          'unknown-section',
          'Section not allowed here',
          this.#keyPlace,
          'no section may stand here',
        );
        return false;
      }
    } else if (!this.#applyDefinition(layer, found, path, value, sectionName, valueSpan)) return false;
    if (authRefused) {
      this.#fail(
        'wrong-place',
        `Auth settings not supported inside local/remote blocks: ${key}`,
        this.#keyPlace,
        `${toUtf8(key)} is a setting of the auth process, which knows no local and remote filters: set it outside`,
        { name: key },
      );
      return false;
    }
    return true;
  }

  #applyDefinition(
    layer: Layer,
    found: { readonly node: SectionNode; readonly definition: ReturnType<SettingMapGet> },
    path: string,
    value: NewValue,
    sectionName: ByteString | null,
    valueSpan: Place['span'],
  ): boolean {
    const { node, definition } = found;
    switch (definition.kind) {
      case 'value':
        return this.#store(node, definition, value, valueSpan);
      case 'strings':
        for (const id of splitIds(value.text)) layer.openStrings(path, node, definition.name, id);
        if (value.text === '') layer.openStrings(path, node, definition.name, null);
        return true;
      case 'list':
        for (const id of splitIds(value.text)) {
          const section = layer.openSection(path, node, definition, id, this.#origin);
          if (section === null) {
            this.#fail(
              'duplicate-section',
              `${path}/${id} already exists`,
              this.#keyPlace,
              `a ${definition.name} named ${toUtf8(sectionName ?? id)} exists already`,
              { name: definition.name, value: sectionName ?? id },
            );
            return false;
          }
          if (sectionName !== null && definition.section.nameSetting !== null)
            section.values.set(definition.section.nameSetting, {
              ...plain(sectionName),
              origin: this.#origin,
            });
        }
        return true;
    }
  }

  #store(node: SectionNode, definition: ValueSetting, value: NewValue, valueSpan: Place['span']): boolean {
    const checked = checkValue(definition, value.text);
    const { name } = definition;
    if (checked.ok) {
      const isText = definition.type === 'str' || definition.type === 'str_vars';
      node.values.set(name, {
        text: checked.text,
        expanded: isText ? value.expanded : checked.text,
        file: value.file,
        origin: this.#origin,
      });
      return true;
    }
    const expanded = checkValue(definition, value.expanded);
    const problem = this.#fail(
      checked.kind,
      checked.error,
      { source: this.#source, span: valueSpan },
      invalidValueMessage(definition, value.text),
      { name, value: value.text, ...(node.table.path === '' ? {} : { section: node.table.path }) },
    );
    if (!this.#input.lenient) return false;
    const reading = expanded.ok ? expanded.text : lenientReading(node, definition, value.text);
    this.readings.push({ problem, text: `${name} = ${toUtf8(value.text)} is read as ${toUtf8(reading)}` });
    node.values.set(name, { text: reading, expanded: reading, file: null, origin: this.#origin });
    return true;
  }

  #refusesAuth(path: string, layer: Layer): boolean {
    if (!isConnectionFilter(layer.filter)) return false;
    const root = settingsTable().root.settings.get(path.split('/')[0] ?? '');
    return root?.modules.includes('auth') === true;
  }

  #sectionBegin(key: ByteString, name: ByteString, node: Section): void {
    if (this.#section?.skipped) {
      this.#push({ key, isFilter: false, skipped: true });
      return;
    }
    if (this.#oldAuth.open(key, name, this.#path === '', this.#oldAuthActions(node))) return;
    if (this.#path === '' && key === 'protocol' && name === 'managesieve') {
      this.#warnObsolete('protocol managesieve {} has been replaced by protocol sieve { }');
      this.#openSection(key, 'sieve', node);
    } else if (this.#path === '' && key === 'service' && name === 'dns_client') {
      this.#warnObsolete('service dns_client {} has been replaced by service dns-client { }');
      this.#openSection(key, 'dns-client', node);
    } else this.#openSection(key, name, node);
  }

  #openSection(key: ByteString, name: ByteString, node: Section): void {
    const narrowed = narrowFilter(this.#layer.filter, key, name);
    if (narrowed !== null) {
      if (!narrowed.ok) {
        this.#fail(
          narrowed.error.startsWith('Invalid network') ? 'invalid-section-name' : 'filter-nesting',
          narrowed.error,
          { source: this.#source, span: node.headSpan },
          filterMessage(key, narrowed.error),
          { name: key, value: name },
        );
        this.#push({ key, isFilter: true, skipped: true });
        return;
      }
      const id = filterKey(narrowed.filter);
      let layer = this.#layersByFilter.get(id);
      if (layer === undefined) {
        layer = new Layer(narrowed.filter, `${this.#source.path}:${node.line}`, this.#origin);
        this.layers.push(layer);
        this.#layersByFilter.set(id, layer);
      }
      this.#push({ key, isFilter: true, layer });
      return;
    }
    const id = name === '' ? String(this.#sectionCounter++) : escapeSectionName(name);
    const path = `${this.#path}${key}`;
    this.#push({ key, isFilter: false, path: `${path}/${id}/` });
    if (!this.#apply(this.#layer, key, path, plain(id), name)) this.#replaceTop({ skipped: true });
  }

  #push(section: Pick<OpenSection, 'key' | 'isFilter'> & Partial<OpenSection>): void {
    this.#stack.push({
      layer: this.#layer,
      path: this.#path,
      skipped: false,
      source: this.#source,
      line: this.#origin.line,
      ...section,
    });
  }

  #replaceTop(change: Partial<OpenSection>): void {
    const top = this.#stack.pop();
    if (top !== undefined) this.#stack.push({ ...top, ...change });
  }

  #sectionEnd(node: SectionEnd): void {
    if (!this.#section?.skipped && this.#oldAuth.close(this.#oldAuthActions(null))) return;
    if (this.#stack.pop() === undefined)
      this.#fail(
        'syntax',
        "Unexpected '}'",
        { source: this.#source, span: node.span },
        'this } closes nothing: no section is open here',
      );
  }

  #missingEnd(open: OpenSection): void {
    const opened = `${open.source.path}:${open.line}`;
    this.problems.push({
      kind: 'unclosed-section',
      severity: 'error',
      place: this.#placeOfLine(open),
      dovecot: {
        message: `Error in configuration file ${this.#input.main.path}: Missing '}' (section started at ${opened})`,
        stage: 'doveconf',
      },
      message: `the section ${toUtf8(open.key)} opened here is never closed: a } is missing`,
      subject: { name: open.key },
    });
  }

  #placeOfLine(open: OpenSection): Place {
    const start = open.source.lineStarts[open.line - 1] ?? 0;
    return { source: open.source, span: { start, end: start + open.source.line(open.line).length } };
  }

  #unknown(key: ByteString, sectionName: ByteString | null): void {
    const sections = this.#stack.filter((open) => !open.isFilter).map((open) => open.key);
    const path = [...sections, key].join(' { ');
    const outer = sectionName === null ? sections : sections.slice(0, -1);
    const explained = explainUnknown(key, outer, sectionName !== null);
    const problem: ConfigProblem = {
      kind: explained.kind,
      severity: 'error',
      place: this.#keyPlace,
      dovecot: { message: this.#lineError(`Unknown setting: ${path}`), stage: 'doveconf' },
      message: explained.message,
      suggestions: explained.suggestions,
      subject: { name: key, ...(outer.length === 0 ? {} : { section: outer.join('/') }) },
    };
    this.problems.push(problem);
    if (this.#input.lenient)
      this.readings.push({
        problem,
        text: `${toUtf8(key)}${sectionName === null ? '' : ' { }'} is left out: it is unknown`,
      });
  }

  #lineError(text: ByteString): ByteString {
    return lineError(this.#source, this.#origin.line, text);
  }

  #fail(
    kind: ConfigProblemKind,
    text: ByteString,
    place: Place,
    message: string,
    subject: { name?: ByteString; value?: ByteString; section?: ByteString } = {},
    stage: 'doveconf' | 'start' = 'doveconf',
  ): ConfigProblem {
    const { name, ...rest } = subject;
    const problem: ConfigProblem = {
      kind,
      severity: 'error',
      place,
      dovecot: { message: this.#lineError(text), stage },
      message,
      ...(name === undefined ? {} : { subject: { name, ...rest } }),
    };
    this.problems.push(problem);
    return problem;
  }

  /** config_parser_check_warnings(). */
  #warnIfShadowed(key: ByteString): void {
    const path = this.#path + key;
    const first = this.#seen.get(path);
    if (this.#stack.length > 0) {
      const text = `${this.#source.path} line ${this.#origin.line}`;
      if (first === undefined) this.#seen.set(path, { text, place: this.#keyPlace });
      return;
    }
    if (first === undefined) return;
    const here = `${this.#source.path} line ${this.#origin.line}`;
    this.problems.push({
      kind: 'shadowed-global',
      severity: 'warning',
      place: this.#keyPlace,
      dovecot: {
        message: `${here}: Global setting ${key} won't change the setting inside an earlier filter at ${first.text} (if this is intentional, avoid this warning by moving the global setting before ${first.text})`,
        stage: 'doveconf',
      },
      message: `this does not change ${toUtf8(key)} inside the filter above that sets it, too`,
      subject: { name: key },
      related: [{ message: 'set here first', place: first.place }],
    });
  }

  #warnObsolete(text: ByteString): void {
    const note = 'NOTE: You can get a new clean config file with: doveconf -Pn > dovecot-new.conf';
    const obsolete = `Obsolete setting in ${this.#source.path}:${this.#origin.line}: ${text}`;
    const message = this.#warnedObsolete ? obsolete : `${note}\n${obsolete}`;
    this.#warnedObsolete = true;
    this.problems.push({
      kind: 'obsolete-setting',
      severity: 'warning',
      place: this.#keyPlace,
      dovecot: { message, stage: 'doveconf' },
      message: `obsolete: ${toUtf8(text)}`,
      subject: { name: this.#source.text.slice(this.#keyPlace.span.start, this.#keyPlace.span.end) },
    });
  }

  #oldKeyValue(key: ByteString, value: ByteString): boolean {
    if (this.#oldAuth.takeSocketSetting(key, value)) return true;
    if (key === 'base_dir') this.#oldAuth.baseDir = value.endsWith('/') ? value.slice(0, -1) : value;
    const prefixed = this.#oldAuth.directlyInside && !key.startsWith('auth_') ? `auth_${key}` : key;
    const layer = this.#layer;
    const actions = {
      filter: layer.filter,
      warn: (text: ByteString) => this.#warnObsolete(text),
      complain: (text: ByteString) => this.#complain(text),
      set: (name: ByteString, text: ByteString) => this.#keyValue(name, plain(text), this.#keyPlace.span),
      setFile: (name: ByteString, path: ByteString) => this.#fileValue(name, path, this.#keyPlace.span),
      setGlobal: (name: ByteString, text: ByteString) => {
        this.#apply(this.#global, name, name, plain(text), null);
      },
      applyGlobal: (name: ByteString, path: ByteString, text: ByteString) => {
        this.#apply(this.#global, name, path, plain(text), null);
      },
      apply: (name: ByteString, path: ByteString, text: ByteString) => {
        this.#apply(layer, name, path, plain(text), null);
      },
    };
    if (rewriteObsolete(prefixed, value, actions)) return true;
    if (!this.#oldAuth.directlyInside) return false;
    this.#keyValue(prefixed, plain(value), this.#keyPlace.span);
    return true;
  }

  #oldPathKeyValue(key: ByteString, value: ByteString): boolean {
    if (this.#path !== 'plugin/0/' || key !== 'imap_zlib_compress_level') return false;
    this.#warnObsolete(`${key} has been replaced by imap_compress_deflate_level`);
    this.#apply(this.#layer, key, 'plugin/0/imap_compress_deflate_level', plain(value), null);
    return true;
  }

  /** An error that Dovecot prints and survives. */
  #complain(text: ByteString): void {
    this.problems.push({
      kind: 'obsolete-setting',
      severity: 'error',
      place: this.#keyPlace,
      dovecot: { message: text, stage: 'doveconf' },
      survived: true,
      message: toUtf8(text),
    });
  }

  #oldAuthActions(node: Section | null) {
    return {
      warn: (text: ByteString) => this.#warnObsolete(text),
      fail: (text: ByteString) => {
        this.#fail('syntax', text, this.#keyPlace, toUtf8(text));
      },
      openSection: (key: ByteString, name: ByteString) => {
        if (node !== null) this.#openSection(key, name, node);
      },
      set: (key: ByteString, value: ByteString) => this.#keyValue(key, plain(value), this.#keyPlace.span),
      addListener: (path: ByteString) => {
        this.#apply(
          this.#layer,
          'unix_listener',
          'service/auth/unix_listener',
          plain(escapeSectionName(path)),
          path,
        );
      },
      applyGlobal: (name: ByteString, path: ByteString, value: ByteString) => {
        this.#apply(this.#layer, name, path, plain(value), null);
      },
    };
  }
}

type SettingMapGet = () => import('./settings-table.js').SettingDefinition;

function plain(text: ByteString): NewValue {
  return { text, expanded: text, file: null };
}

/** Names of a list that a line gives: `passdb = 0 1`. */
function splitIds(text: ByteString): string[] {
  return text.split(/[,\t ]/).filter((id) => id !== '');
}

function lenientReading(node: SectionNode, definition: ValueSetting, value: ByteString): ByteString {
  // A userdb's word in a passdb: look-ups that found nothing yet go on, as `never` does.
  if (node.table.path === 'passdb' && definition.name === 'skip' && value === 'notfound') return 'never';
  return definition.default ?? '';
}

function invalidValueMessage(definition: ValueSetting, value: ByteString): string {
  const shown = toUtf8(value);
  const { name } = definition;
  switch (definition.type) {
    case 'bool':
      return `${name} is either yes or no, not "${shown}"`;
    case 'enum':
      return `"${shown}" is no value of ${name}: expected ${definition.allowed.join(', ')}`;
    case 'uint':
      return `${name} is a number from 0 to 4294967295, not "${shown}"`;
    case 'uint_oct':
      return `${name} is an octal number such as 0600, not "${shown}"`;
    case 'time':
    case 'time_msecs':
      return `${name} is a time with its unit such as 30 s or 5 mins, not "${shown}"`;
    case 'size':
      return `${name} is a size such as 10 M, not "${shown}"`;
    case 'in_port':
      return `${name} is a port from 0 to 65535, not "${shown}"`;
    case 'str':
    case 'str_vars':
      return `"${shown}" is no value of ${name}`;
  }
}

function filterMessage(key: ByteString, error: ByteString): string {
  return error.startsWith('Invalid network') ? `${toUtf8(error)} of ${toUtf8(key)}` : toUtf8(error);
}
