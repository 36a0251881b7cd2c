import type { ByteString } from '../../grammar/bytes.js';
import type { Span } from '../../grammar/source.js';

/** One step of an expansion, for explanations. */
export interface TraceStep {
  /** Which expression of the template. */
  readonly span: Span;
  /** The step's own place where it has one (2.4), with its arguments. */
  readonly at?: Span;
  /** Depth of nesting (`%{if;...}` inside another); the spans of nested ones count from their own parameter. */
  readonly depth: number;
  readonly action: 'variable' | 'modifier' | 'cut' | 'filter' | 'escape';
  /** `user`, `L`, `lower`, ... */
  readonly name: ByteString;
  readonly value: ByteString;
  /** The value is binary data (2.4): shown in hexadecimal. */
  readonly binary?: boolean;
  readonly error?: ByteString;
}

export type Trace = (step: TraceStep) => void;
