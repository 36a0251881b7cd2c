import type { ByteString } from '../../grammar/bytes.js';
import type { Span } from '../../grammar/source.js';

/** One step of an expansion, for explanations. */
export interface TraceStep {
  /** Which expression of the template. */
  readonly span: Span;
  /** Depth of nesting (`%{if;...}` inside another). */
  readonly depth: number;
  readonly action: 'variable' | 'function' | 'modifier' | 'cut' | 'filter' | 'escape' | 'result';
  /** `user`, `L`, `lower`, ... */
  readonly name: ByteString;
  readonly value: ByteString;
  /** The value is binary data (2.4): shown in hexadecimal. */
  readonly binary?: boolean;
  readonly error?: ByteString;
}

export type Trace = (step: TraceStep) => void;
