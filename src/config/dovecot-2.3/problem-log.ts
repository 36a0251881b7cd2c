import { type ByteString, toUtf8 } from '../../../grammar/bytes.js';
import type { Section, SectionEnd, Setting } from '../../../grammar/dovecot-conf/tree.js';
import type { Place, Source } from '../../../grammar/source.js';
import { lineError, originOf } from '../load-input.js';
import type { Origin } from '../origin.js';
import type { ConfigProblem, ConfigProblemKind } from '../problem.js';
import type { SectionTable } from './settings-table.js';
import { explainUnknown } from './unknown-setting.js';

/** Where a section was opened. */
interface OpenedAt {
  readonly key: ByteString;
  readonly source: Source;
  readonly line: number;
}

/** A setting inside a filter or a section; its key may have been rewritten. */
interface Seen {
  readonly key: ByteString;
  readonly prefix: string;
  readonly source: Source;
  readonly node: ReadNode | null;
}

type ReadNode = Setting | Section | SectionEnd;

/** What is wrong with the statements of a 2.3 configuration, in Dovecot's words; knows the statement being read. */
export class ProblemLog {
  readonly problems: ConfigProblem[] = [];
  readonly readings: { problem: ConfigProblem; text: string }[] = [];
  source: Source;
  /** The statement being read; null before the first. */
  #node: ReadNode | null = null;
  #origin: Origin | null = null;
  readonly #lenient: boolean;
  /** The global settings. */
  readonly #table: SectionTable;
  /** Settings seen inside filters, by path, with the place that Dovecot names. */
  readonly #seen = new Map<string, Seen>();
  /** Those of sections, whose paths nobody needs as a rule. */
  readonly #seenInSections: Seen[] = [];
  #warnedObsolete = false;
  /** Problems before the statement being read. */
  #before = 0;

  constructor(main: Source, lenient: boolean, table: SectionTable) {
    this.#table = table;
    this.source = main;
    this.#lenient = lenient;
  }

  enter(source: Source, node: ReadNode): void {
    this.#before = this.problems.length;
    this.source = source;
    this.#node = node;
    this.#origin = null;
  }

  /** Of several errors of a rewritten statement Dovecot keeps the last; it says them when the statement is done. */
  settleErrors(): void {
    const ofStatement = this.problems.splice(this.#before);
    const isSaid = ({ severity, survived }: ConfigProblem) => severity === 'warning' || survived === true;
    const error = ofStatement.findLast((problem) => !isSaid(problem));
    this.problems.push(...ofStatement.filter(isSaid), ...(error === undefined ? [] : [error]));
  }

  /** What an old setting does to the services of ManageSieve makes Dovecot forget what was wrong with the others. */
  forgetErrors(): void {
    const ofStatement = this.problems.splice(this.#before);
    this.problems.push(...ofStatement.filter(({ severity }) => severity === 'warning'));
  }

  /** Of the statement being read; of a section its opening line. */
  get origin(): Origin {
    this.#origin ??= originOfRead(this.source, this.#node);
    return this.#origin;
  }

  get line(): number {
    return this.#node?.line ?? 0;
  }

  get keyPlace(): Place {
    return keyPlaceOf(this.source, this.#node);
  }

  missingEnd(open: OpenedAt, main: Source): void {
    const opened = `${open.source.path}:${open.line}`;
    this.problems.push({
      kind: 'unclosed-section',
      severity: 'error',
      place: placeOfLine(open),
      dovecot: {
        message: `Error in configuration file ${main.path}: Missing '}' (section started at ${opened})`,
        stage: 'doveconf',
      },
      message: `the section ${toUtf8(open.key)} opened here is never closed: a } is missing`,
      subject: { name: open.key },
    });
  }

  unknown(key: ByteString, sectionName: ByteString | null, sections: readonly ByteString[]): void {
    const path = [...sections, key].join(' { ');
    const outer = sectionName === null ? sections : sections.slice(0, -1);
    const explained = explainUnknown(this.#table, key, outer, sectionName !== null);
    const problem: ConfigProblem = {
      kind: explained.kind,
      severity: 'error',
      place: this.keyPlace,
      dovecot: { message: this.#lineError(`Unknown setting: ${path}`), stage: 'doveconf' },
      message: explained.message,
      suggestions: explained.suggestions,
      subject: { name: key, ...(outer.length === 0 ? {} : { section: outer.join('/') }) },
    };
    this.problems.push(problem);
    if (this.#lenient)
      this.readings.push({
        problem,
        text: `${toUtf8(key)}${sectionName === null ? '' : ' { }'} is left out: it is unknown`,
      });
  }

  #lineError(text: ByteString): ByteString {
    return lineError(this.source, this.line, text);
  }

  fail(
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

  /** config_parser_check_warnings(). `prefix`: path of the sections around the key; `isInside`: something is open. */
  warnIfShadowed(key: ByteString, prefix: string, isInside: boolean): void {
    if (isInside) {
      const seen = { key, prefix, source: this.source, node: this.#node };
      if (prefix !== '') this.#seenInSections.push(seen);
      else if (!this.#seen.has(key)) this.#seen.set(key, seen);
      return;
    }
    if (key.includes('/')) this.#nameSeenInSections();
    const first = this.#seen.get(key);
    if (first === undefined) return;
    const there = `${first.source.path} line ${first.node?.line ?? 0}`;
    const here = `${this.source.path} line ${this.line}`;
    this.problems.push({
      kind: 'shadowed-global',
      severity: 'warning',
      place: this.keyPlace,
      dovecot: {
        message: `${here}: Global setting ${key} won't change the setting inside an earlier filter at ${there} (if this is intentional, avoid this warning by moving the global setting before ${there})`,
        stage: 'doveconf',
      },
      message: `this does not change ${toUtf8(key)} inside the filter above that sets it, too`,
      subject: { name: key },
      related: [{ message: 'set here first', place: keyPlaceOf(first.source, first.node) }],
    });
  }

  /** Only a global key with a path can mean what sections set. */
  #nameSeenInSections(): void {
    for (const seen of this.#seenInSections.splice(0)) {
      const path = seen.prefix + seen.key;
      if (!this.#seen.has(path)) this.#seen.set(path, seen);
    }
  }

  warnObsolete(text: ByteString): void {
    const note = 'NOTE: You can get a new clean config file with: doveconf -Pn > dovecot-new.conf';
    const obsolete = `Obsolete setting in ${this.source.path}:${this.line}: ${text}`;
    const message = this.#warnedObsolete ? obsolete : `${note}\n${obsolete}`;
    this.#warnedObsolete = true;
    this.problems.push({
      kind: 'obsolete-setting',
      severity: 'warning',
      place: this.keyPlace,
      dovecot: { message, stage: 'doveconf' },
      message: `obsolete: ${toUtf8(text)}`,
      subject: { name: this.source.text.slice(this.keyPlace.span.start, this.keyPlace.span.end) },
    });
  }

  /** An error that Dovecot prints and survives. */
  complain(text: ByteString): void {
    this.problems.push({
      kind: 'obsolete-setting',
      severity: 'error',
      place: this.keyPlace,
      dovecot: { message: text, stage: 'doveconf' },
      survived: true,
      message: toUtf8(text),
    });
  }
}

const START = { start: 0, end: 0 };

/** The opening line of a section. */
class SectionOrigin implements Origin {
  readonly source: Source;
  readonly #node: Section;

  constructor(source: Source, node: Section) {
    this.source = source;
    this.#node = node;
  }

  get span(): Place['span'] {
    return this.#node.headSpan;
  }

  get line(): number {
    return this.#node.line;
  }
}

function originOfRead(source: Source, node: ReadNode | null): Origin {
  if (node === null) return { source, span: START, line: 0 };
  return node.kind === 'section' ? new SectionOrigin(source, node) : originOf(source, node);
}

function keyPlaceOf(source: Source, node: ReadNode | null): Place {
  if (node === null) return { source, span: START };
  return { source, span: node.kind === 'section-end' ? node.span : node.keySpan };
}

function placeOfLine(open: OpenedAt): Place {
  const start = open.source.lineStarts[open.line - 1] ?? 0;
  return { source: open.source, span: { start, end: start + open.source.line(open.line).length } };
}
