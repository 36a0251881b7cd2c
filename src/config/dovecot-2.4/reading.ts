import type { ByteString } from '../../../grammar/bytes.js';
import type { Section, Setting } from '../../../grammar/dovecot-conf/tree.js';
import type { Place, Source } from '../../../grammar/source.js';
import { type ConfEvent, lineError, originOf } from '../load-input.js';
import type { ConfigProblem, ConfigProblemKind } from '../problem.js';
import { Builder, type BuildMode, type FileReader, Refused } from './builder.js';
import { addBuiltIn } from './built-in.js';
import { explain } from './explanation.js';
import type { GroupUse } from './filter.js';
import { addServiceLimits } from './finish.js';
import { fillGroup } from './group-filling.js';
import { settleReferences } from './late-references.js';
import { applyOldDefaults } from './old-defaults.js';
import { openSection, sectionKey } from './section-opening.js';
import type { SettingsTable } from './settings-table.js';
import { type ExpansionHost, statementValue } from './statement-value.js';

/** Versions that a configuration may be written for. */
function supported({ version }: SettingsTable): string[] {
  const last = Number(version.split('.')[2]);
  return Array.from({ length: last + 1 }, (_, patch) => `2.4.${patch}`);
}

/** The program aborts: it names no line. */
function panicOf(text: ByteString): ByteString | null {
  const at = text.indexOf('Panic: ');
  return at === -1 ? null : text.slice(at);
}

/** A refused value and the value that stands in for it. */
export interface Replacement {
  readonly problem: ConfigProblem;
  readonly text: string;
}

/** Walks the statements of a configuration in Dovecot's order and fills a builder; nothing stops it. */
export class Reading {
  readonly builder: Builder;
  readonly problems: ConfigProblem[] = [];
  readonly replacements: Replacement[] = [];
  /** What `dovecot_config_version` says; null: it says nothing usable. */
  configVersion: ByteString | null = null;
  readonly #host: ExpansionHost;
  readonly #explains: boolean;
  #versionAsked = false;
  /** Depth inside a section that is passed over. */
  #skipped = 0;
  readonly #seen = new Map<ByteString, string>();

  /** `explains`: problems are for people to read; a second reading needs no more than their place. */
  constructor(
    table: SettingsTable,
    mode: BuildMode,
    host: ExpansionHost,
    readFile: FileReader,
    explains: boolean,
  ) {
    this.#host = host;
    this.#explains = explains;
    this.builder = new Builder(table, mode, readFile, host.lookUp);
    addBuiltIn(this.builder.tree, !mode.prefixesInFilters);
  }

  take(event: ConfEvent): void {
    if (event.kind === 'problem') {
      const { problem } = event;
      const isPassedOver =
        this.builder.rules.ignoresBrokenHead && !this.#versionAsked && problem.kind === 'syntax';
      this.problems.push(isPassedOver ? { ...problem, severity: 'warning', dovecot: null } : problem);
      return;
    }
    if (this.#skipped > 0) {
      if (event.kind === 'section-begin') this.#skipped++;
      if (event.kind === 'section-end') this.#skipped--;
      return;
    }
    if (this.#takeVersion(event)) return;
    this.builder.origin = originOf(event.source, event.node);
    switch (event.kind) {
      case 'setting':
        this.#takeSetting(event.source, event.node);
        break;
      case 'section-begin':
        this.#takeSection(event.source, event.node);
        break;
      case 'section-end':
        this.#takeEnd(event.source, event.node);
        break;
      case 'include':
        break;
    }
  }

  /** When everything is read. */
  settle(): void {
    const { rules, mode, tree } = this.builder;
    if (rules.limitsByReference) {
      if (mode.expand) this.#settleReferences();
    } else addServiceLimits(this.builder);
    tree.sort();
  }

  #settleReferences(): void {
    try {
      settleReferences(this.builder.tree, this.#host.environment);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.problems.push({
        kind: error.kind,
        severity: 'error',
        place: null,
        dovecot: { message: error.message, stage: 'doveconf' },
        message: error.message,
      });
    }
  }

  refuse(
    kind: ConfigProblemKind,
    source: Source,
    node: { readonly line: number; readonly span: Place['span'] },
    text: ByteString,
    more: Partial<ConfigProblem> = {},
  ): ConfigProblem {
    const problem: ConfigProblem = {
      kind,
      severity: 'error',
      place: { source, span: node.span },
      dovecot: { message: panicOf(text) ?? lineError(source, node.line, text), stage: 'doveconf' },
      message: text,
      ...more,
    };
    this.problems.push(problem);
    return problem;
  }

  /** Dovecot 2.4.1 config-parser.c `config_parser_get_version`; true: the statement is dealt with. */
  #takeVersion(event: Exclude<ConfEvent, { kind: 'problem' }>): boolean {
    const key = event.kind === 'setting' || event.kind === 'section-begin' ? event.node.key : '';
    if (key !== 'dovecot_config_version') {
      if (!this.#versionAsked) {
        this.#versionAsked = true;
        const text = 'The first setting must be dovecot_config_version';
        this.refuse('version-line', event.source, event.node, text, {
          message: 'A 2.4 configuration begins with dovecot_config_version = 2.4.1',
        });
      }
      return false;
    }
    this.#versionAsked = true;
    const refuse = (text: ByteString) => this.refuse('version-line', event.source, event.node, text);
    if (event.kind === 'section-begin') this.#skipped = 1;
    const value = event.kind === 'setting' ? event.node.value : null;
    if (this.configVersion !== null) {
      if (value?.text !== this.configVersion)
        refuse("dovecot_config_version value can't be changed once set");
    } else if (value === null || value.form === 'file' || value.form === 'variable') {
      refuse('Invalid dovecot_config_version: value is not a string');
    } else if (!supported(this.builder.tree.table).includes(value.text)) {
      refuse(
        `Invalid dovecot_config_version: Currently supported versions are: ${supported(this.builder.tree.table).join(' ')}`,
      );
    } else {
      this.configVersion = value.text;
      if (this.builder.rules.appliesOldDefaults) applyOldDefaults(this.builder, value.text);
    }
    return true;
  }

  #takeSetting(source: Source, node: Setting): void {
    const { builder } = this;
    const { section } = builder;
    const inList = !section.isFilter && section.key !== null;
    const key = inList ? `${section.key}/${node.key}` : node.key;
    let prefix = '';
    builder.isReference = false;
    builder.marker = null;
    try {
      const value = statementValue(builder, this.#host, source, node.key, key, node.value);
      const isQuoted = builder.rules.fillsGroupsAtUse && source.text[node.keySpan.start] === '"';
      if (node.key.startsWith('@') && !isQuoted) {
        this.#useGroup(node.key.slice(1), value);
        return;
      }
      prefix = `${node.key}: `;
      const { fullKey, atRoot } = builder.apply(key, value, node.key);
      this.#warnIfShadowed(source, node, fullKey, atRoot);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.#refuseSetting(source, node, error, prefix);
    }
  }

  #refuseSetting(source: Source, node: Setting, error: Refused, prefix: ByteString): void {
    const { filter } = this.builder.section;
    const place = this.#placed(error.kind, node);
    const { reading, ...explanation } = this.#explains
      ? explain(error.kind, filter, node.key, node.value.text, error.message)
      : { message: error.message };
    const problem = this.refuse(error.kind, source, place, prefix + error.message, explanation);
    if (reading !== undefined) this.replacements.push({ problem, text: reading });
  }

  /** The key or the value, whichever is wrong. */
  #placed(kind: ConfigProblemKind, node: Setting): { line: number; span: Place['span'] } {
    const isKey = kind === 'unknown-setting' || kind === 'wrong-place';
    return { line: node.line, span: isKey ? node.keySpan : node.value.span };
  }

  #useGroup(label: ByteString, name: ByteString): void {
    const { filter } = this.builder.section;
    const { origin } = this.builder;
    if (filter.isInGroup) throw new Refused('wrong-place', 'Recursive include groups not allowed');
    if (origin === null) return;
    const { isReference, marker, rules, mode, tree } = this.builder;
    if (marker !== null)
      throw new Refused('wrong-place', 'Heredoc syntax is not supported for include groups');
    if (isReference) throw new Refused('wrong-place', 'Include groups cannot contain $variables');
    if (rules.fillsGroupsAtUse && !mode.served) fillGroup(tree, filter, label, name);
    const known = filter.groups.find((use: GroupUse) => use.label === label);
    if (known === undefined) filter.groups.push({ label, name, origin });
    else Object.assign(known, { name, origin });
  }

  #takeSection(source: Source, node: Section): void {
    const { builder } = this;
    const { filter } = builder.section;
    const isGroup = node.groupLabel !== null;
    const key = node.groupLabel ?? sectionKey(filter, node.key);
    builder.isReference = false;
    builder.marker = null;
    try {
      openSection(builder, key, node.name, isGroup);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      const outer = builder.section.parent;
      const place = { line: node.line, span: node.headSpan };
      this.refuse(
        error.kind,
        source,
        place,
        error.message,
        this.#explains ? explain(error.kind, filter, node.key, node.name ?? '', error.message) : {},
      );
      if (outer === null) return;
      builder.section = outer;
      if (error.kind === 'filter-nesting') {
        builder.section = { ...builder.openAt(outer.filter), parent: outer, isFilter: true };
      } else if (error.kind === 'invalid-section-name' && this.#openUnnamed(key, node)) {
        return;
      } else this.#skipped = 1;
    }
  }

  /** A list section without its name is read on as if its driver's name, or its key, were the name. */
  #openUnnamed(key: ByteString, node: Section): boolean {
    const definition = this.builder.tree.table.findSetting(key);
    if (definition === undefined || (node.name !== null && definition.type !== 'filter')) return false;
    const outer = this.builder.section;
    const driver = node.body.find((statement) => statement.kind === 'setting' && statement.key === 'driver');
    const name = driver?.kind === 'setting' ? driver.value.text : `unnamed-${node.line}`;
    try {
      openSection(this.builder, key, definition.type === 'filter' ? null : name, false);
      return true;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.builder.section = outer;
      return false;
    }
  }

  #takeEnd(source: Source, node: { readonly line: number; readonly span: Place['span'] }): void {
    const { section } = this.builder;
    if (section.parent === null) {
      this.refuse('syntax', source, node, "Unexpected '}'");
      return;
    }
    const required = section.definition?.required;
    if (required != null && !section.filter.requiredSeen) {
      const text = `Named filter ${section.definition?.name} is required to have ${required} setting, but it is missing`;
      this.refuse('missing-required', source, node, text);
      section.filter.requiredSeen = true;
    }
    this.builder.section = section.parent;
  }

  /** Dovecot 2.4.1 config-parser.c `config_parser_check_warnings`. */
  #warnIfShadowed(source: Source, node: Setting, fullKey: ByteString, atRoot: boolean): void {
    const first = this.#seen.get(fullKey);
    const here = `${source.path} line ${node.line}`;
    if (!atRoot) {
      const { filter } = this.builder.section;
      if (first === undefined && filter.hasOtherThanLists) this.#seen.set(fullKey, here);
      return;
    }
    if (first === undefined) return;
    const text =
      `${here}: Global setting ${fullKey} won't change the setting inside an earlier filter at ${first} ` +
      `(if this is intentional, avoid this warning by moving the global setting before ${first})`;
    this.problems.push({
      kind: 'shadowed-global',
      severity: 'warning',
      place: { source, span: node.span },
      dovecot: { message: text, stage: 'doveconf' },
      message: `The global ${fullKey} does not change the value set inside the filter before it`,
      subject: { name: fullKey },
    });
  }
}
