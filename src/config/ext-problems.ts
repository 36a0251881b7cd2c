import { type ByteString, toUtf8 } from '../../grammar/bytes.js';
import type { Source, Span } from '../../grammar/source.js';
import { lineError } from './load-input.js';
import type { ConfigProblem, ConfigProblemKind, DovecotStage } from './problem.js';

/** What is wrong with one external file, in the words of the program that reads it. */
export class ExtProblems {
  readonly all: ConfigProblem[] = [];
  readonly #prefix: ByteString;
  readonly #stage: DovecotStage;

  /** `prefix` stands before every message: `sql PATH: `. */
  constructor(prefix: ByteString, stage: DovecotStage) {
    this.#prefix = prefix;
    this.#stage = stage;
  }

  fail(
    kind: ConfigProblemKind,
    source: Source,
    line: number,
    span: Span,
    text: ByteString,
    more: Partial<ConfigProblem> = {},
  ): void {
    this.all.push({
      kind,
      severity: 'error',
      place: { source, span },
      message: toUtf8(text),
      ...more,
      dovecot: { message: this.#prefix + lineError(source, line, text), stage: this.#stage },
    });
  }

  /** A problem of the line language. */
  take(problem: ConfigProblem): void {
    const { severity, dovecot, kind } = problem;
    this.all.push(
      severity === 'warning' || dovecot === null
        ? problem
        : {
            ...problem,
            kind: kind === 'syntax' ? 'ext-syntax' : kind,
            dovecot: { message: this.#prefix + dovecot.message, stage: this.#stage },
          },
    );
  }
}
