import type { ByteString } from '../../grammar/bytes.js';
import { toUtf8 } from '../../grammar/bytes.js';
import type { ConfTree, Include, Statement, SyntaxProblem } from '../../grammar/dovecot-conf/tree.js';
import { Source, type Span } from '../../grammar/source.js';
import { errnoText } from './errno-text.js';
import type { ConfEvent, TakeEvent } from './load-input.js';
import { lineError, resolvePath } from './load-input.js';
import type { MappedFiles } from './mapped-files.js';
import type { ConfigProblem, ConfigProblemKind } from './problem.js';

/** One opened file on the stack of includes. Files matched by one glob lie on it together, the first on top. */
interface OpenFile {
  readonly source: Source;
  readonly tree: ConfTree;
  nextStatement: number;
  nextProblem: number;
  /** No line read yet: Dovecot's line number is 0 then. */
  started: boolean;
}

/** What differs between the main language and the external files of 2.3. */
export interface FileLanguage {
  parse(source: Source): ConfTree;
  /** External files: the last match of a glob is read first (config-language.md section 7). */
  readonly lastMatchFirst: boolean;
}

/** Reads the main file and its includes in Dovecot's order (config-language.md section 3). */
export class EventReader {
  readonly trees: ConfTree[] = [];
  readonly #main: Source;
  readonly #files: MappedFiles;
  readonly #language: FileLanguage;
  readonly #stack: OpenFile[] = [];
  /** Continued text at the end of an included file: prepended to the next line of whatever file comes next. */
  #carried: ByteString = '';

  constructor(main: Source, files: MappedFiles, language: FileLanguage) {
    this.#main = main;
    this.#files = files;
    this.#language = language;
  }

  read(take: TakeEvent): void {
    this.#push(this.#main);
    for (let file = this.#stack.at(-1); file !== undefined; file = this.#stack.at(-1)) {
      const { tree } = file;
      file.started = true;
      if (this.#carried === '') file.nextStatement = tree.nextSaying(file.nextStatement);
      if (file.nextStatement === tree.size) {
        this.#problemsUpTo(file, Number.POSITIVE_INFINITY, false, take);
        if (tree.pending !== '') this.#carried += tree.pending;
        this.#stack.pop();
        if (this.#stack.length === 0 && this.#carried !== '') take(this.#lostAtEnd(file));
        continue;
      }
      const statement = tree.at(file.nextStatement++);
      if (this.#carried !== '') {
        this.#continued(file, statement, take);
        continue;
      }
      if (statement.kind === 'blank' || statement.kind === 'comment') continue;
      if (file.nextProblem < tree.problems.length) this.#problemsUpTo(file, statement.line, false, take);
      this.#statement(file, statement, take);
    }
  }

  #statement({ source }: OpenFile, node: Statement, take: TakeEvent): void {
    switch (node.kind) {
      case 'setting':
        take({ kind: 'setting', source, node });
        return;
      case 'section':
        take({ kind: 'section-begin', source, node });
        return;
      case 'section-end':
        take({ kind: 'section-end', source, node });
        return;
      case 'include':
        take({ kind: 'include', source, node });
        this.#include(source, node, take);
        return;
      case 'blank':
      case 'comment':
      case 'broken':
        return;
    }
  }

  /** The line behind an included file that ended in the middle of a statement. */
  #continued(file: OpenFile, statement: Statement, take: TakeEvent): void {
    const carried = this.#carried;
    this.#carried = '';
    if (statement.kind === 'blank' || statement.kind === 'comment') {
      if (statement.kind === 'blank' && statement.swallowed?.end === statement.span.end)
        this.#carried = carried;
      return;
    }
    this.#problemsUpTo(file, statement.line, true, take);
    const span = statement.kind === 'section' ? statement.headSpan : statement.span;
    const text = file.source.text.slice(span.start, span.end);
    const joined = new Source(file.source.path, `${carried}\\\n${text}`, file.source.realPath);
    const tree = this.#language.parse(joined);
    for (const problem of tree.problems)
      take({ kind: 'problem', problem: syntaxProblem(file.source, moved(problem, statement.line, span)) });
    for (const node of tree.statements)
      this.#statement(file, movedStatement(node, statement.line, span), take);
  }

  #push(source: Source): void {
    const tree = this.#language.parse(source);
    this.trees.push(tree);
    this.#stack.push({
      source,
      tree,
      nextStatement: 0,
      nextProblem: 0,
      started: false,
    });
  }

  #problemsUpTo(file: OpenFile, line: number, onlyBefore: boolean, take: TakeEvent): void {
    const { problems } = file.tree;
    for (;;) {
      const problem = problems[file.nextProblem];
      if (problem === undefined || problem.line > line) return;
      file.nextProblem++;
      if (onlyBefore && problem.line === line && problem.severity === 'error') continue;
      take({ kind: 'problem', problem: syntaxProblem(file.source, problem) });
    }
  }

  #include(source: Source, node: Include, take: TakeEvent): void {
    const pattern = resolvePath(node.pattern, source);
    const matches = this.#files.glob(pattern);
    if (matches.length === 0) {
      if (!node.optional)
        take(
          this.#problem(
            'include-missing',
            source,
            node,
            node.line,
            'No matches',
            `no file matches ${toUtf8(pattern)}`,
          ),
        );
      return;
    }
    // All matches are opened before the first one is read (Dovecot config-parser.c settings_include()).
    const order = this.#language.lastMatchFirst ? matches : matches.reverse();
    for (const path of order) {
      const top = this.#stack.at(-1);
      const [atSource, atLine] =
        top === undefined || top.source === source || top.started ? [source, node.line] : [top.source, 0];
      if (this.#stack.some((open) => open.source.path === path)) {
        take(
          this.#problem(
            'include-loop',
            atSource,
            node,
            atLine,
            `Recursive include file: ${path}`,
            `${toUtf8(path)} includes itself`,
            source,
          ),
        );
        return;
      }
      try {
        this.#push(this.#files.source(path));
      } catch (error) {
        if (node.optional) continue;
        const reason = errnoText(error);
        take(
          this.#problem(
            'include-unreadable',
            atSource,
            node,
            atLine,
            `Couldn't open include file ${path}: ${reason}`,
            `the included file ${toUtf8(path)} cannot be opened: ${reason}`,
            source,
          ),
        );
        return;
      }
    }
  }

  #problem(
    kind: ConfigProblemKind,
    named: Source,
    node: Include,
    line: number,
    text: ByteString,
    message: string,
    source: Source = named,
  ): ConfEvent {
    return {
      kind: 'problem',
      problem: {
        kind,
        severity: 'error',
        place: { source, span: node.pattern === '' ? node.span : node.patternSpan },
        dovecot: { message: lineError(named, line, text), stage: 'doveconf' },
        message,
        subject: { name: node.optional ? '!include_try' : '!include', value: node.pattern },
      },
    };
  }

  #lostAtEnd(file: OpenFile): ConfEvent {
    const last = file.tree.statements.at(-1);
    const span = last?.span ?? { start: 0, end: file.source.text.length };
    return {
      kind: 'problem',
      problem: {
        kind: 'lost-continuation',
        severity: 'warning',
        place: { source: file.source, span },
        dovecot: null,
        message: 'the file ends in the middle of a continued line, which is lost silently',
      },
    };
  }
}

function moved(problem: SyntaxProblem, line: number, span: Span): SyntaxProblem {
  return { ...problem, line, span };
}

/** A statement that was read from joined text, put where its last line stands. */
function movedStatement(node: Statement, line: number, span: Span): Statement {
  switch (node.kind) {
    case 'setting': {
      const { form, text } = node.value;
      return { kind: node.kind, span, line, key: node.key, keySpan: span, value: { form, text, span } };
    }
    case 'section': {
      const { kind, key, name, groupLabel, body, end } = node;
      const nameSpan = node.nameSpan && span;
      return { kind, span, headSpan: span, line, key, keySpan: span, name, nameSpan, groupLabel, body, end };
    }
    case 'include': {
      const { kind, optional, pattern } = node;
      return { kind, span, line, optional, pattern, patternSpan: span };
    }
    case 'section-end':
      return { kind: node.kind, span, line };
    case 'broken':
      return { kind: node.kind, span, line, problem: node.problem };
    case 'blank':
    case 'comment':
      return { kind: node.kind, span, swallowed: node.swallowed };
  }
}

const KINDS: Readonly<Record<SyntaxProblem['kind'], ConfigProblemKind>> = {
  'expecting-brace': 'syntax',
  'expecting-equals': 'syntax',
  'unknown-escape': 'syntax',
  'missing-marker': 'syntax',
  'garbage-after-brace': 'syntax',
  'missing-key': 'syntax',
  'unexpected-end': 'syntax',
  'nesting-too-deep': 'syntax',
  'unclosed-section': 'unclosed-section',
  'ambiguous-hash': 'ambiguous-hash',
  'lost-continuation': 'lost-continuation',
};

function syntaxProblem(source: Source, problem: SyntaxProblem): ConfigProblem {
  const { dovecot } = problem;
  const message =
    dovecot !== null && problem.severity === 'error' ? lineError(source, problem.line, dovecot) : dovecot;
  return {
    kind: KINDS[problem.kind],
    severity: problem.severity,
    place: { source, span: problem.span },
    dovecot: message === null ? null : { message, stage: 'doveconf' },
    message: problem.message,
  };
}
