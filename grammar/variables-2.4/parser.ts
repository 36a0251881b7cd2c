import { EmbeddedActionsParser, type IToken, type Lexer } from 'chevrotain';
import type { ByteString } from '../bytes.js';
import type { Span } from '../source.js';
import { createVariables24Lexer } from './lexer.js';
import { orderParameters } from './parameter-order.js';
import { type Place24, syntaxError } from './syntax-error.js';
import * as T from './tokens.js';
import type { Parameter24, Part24, Program24, Step24, Template24, Value24 } from './tree.js';

const MAX_INT64 = 2n ** 63n - 1n;
const NOWHERE: Span = { start: 0, end: 0 };
const NOTHING: Value24 = { kind: 'string', text: '' };

/** Operators in the numbering of Dovecot's `calculate` (var-expand-private.h). */
const OPERATORS = [T.Plus, T.Minus, T.Star, T.Slash, T.Percent];

function spanOf(token: IToken): Span {
  return { start: token.startOffset, end: token.startOffset + token.image.length };
}

class Variables24Parser extends EmbeddedActionsParser {
  /** First error, if any. Dovecot gives up at it. */
  failure: { message: ByteString; span: Span } | null = null;
  #afterSign = false;

  constructor(validate: boolean) {
    super(T.tokens, { maxLookahead: 1, recoveryEnabled: false, skipValidations: !validate });
    this.performSelfAnalysis();
  }

  override reset(): void {
    super.reset();
    this.failure = null;
    this.parts = [];
    this.#afterSign = false;
  }

  /** Parts read so far, those before an error too. */
  parts: Part24[] = [];

  readonly template = this.RULE('template', (): void => {
    const { parts } = this;
    this.MANY(() =>
      this.OR([
        { ALT: () => parts.push({ kind: 'text', text: this.CONSUME(T.Text).image }) },
        {
          ALT: () => {
            this.CONSUME(T.EscapedOpen);
            parts.push({ kind: 'text', text: '%{' });
          },
        },
        {
          ALT: () => {
            this.CONSUME(T.LonePercent);
            parts.push({ kind: 'text', text: '%' });
          },
        },
        { ALT: () => parts.push(this.SUBRULE(this.program)) },
      ]),
    );
  });

  readonly program = this.RULE('program', (): Program24 => {
    const steps: Step24[] = [];
    const { startOffset: start } = this.CONSUME(T.Open);
    this.OPTION1(() => this.SUBRULE1(this.step, { ARGS: [steps] }));
    this.MANY(() => {
      this.CONSUME(T.Pipe);
      this.OPTION2(() => this.SUBRULE2(this.step, { ARGS: [steps] }));
    });
    const close = this.CONSUME(T.Close);
    return { kind: 'program', span: { start, end: close.startOffset + 1 }, steps };
  });

  /** One step, or two: `a + 1` is `a` and then a `calculate`. */
  readonly step = this.RULE('step', (steps: Step24[]): void => {
    const name = this.CONSUME(T.Name);
    let parameters: Parameter24[] = [];
    this.OPTION1(() => {
      parameters = this.SUBRULE(this.arguments);
    });
    this.ACTION(() => {
      const last = this.LA(0);
      const span = { start: name.startOffset, end: last.startOffset + last.image.length };
      steps.push({ name: name.image, span, nameSpan: spanOf(name), parameters: orderParameters(parameters) });
    });
    this.OPTION2(() => {
      const calculation = this.SUBRULE(this.math);
      this.ACTION(() => steps.push(calculation));
    });
  });

  readonly math = this.RULE('math', (): Step24 => {
    const operator = this.OR1([
      { ALT: () => this.CONSUME(T.Plus) },
      { ALT: () => this.CONSUME(T.Minus) },
      { ALT: () => this.CONSUME(T.Star) },
      { ALT: () => this.CONSUME(T.Slash) },
      { ALT: () => this.CONSUME(T.Percent) },
    ]);
    const operand = this.OR2([
      { ALT: () => this.SUBRULE(this.number) },
      {
        ALT: () => {
          const token = this.CONSUME(T.Name);
          return { kind: 'variable', name: token.image, span: spanOf(token) } as const;
        },
      },
    ]);
    return (
      this.ACTION((): Step24 => {
        const nameSpan = spanOf(operator);
        const span = { start: nameSpan.start, end: operand.span.end };
        const number = BigInt(OPERATORS.indexOf(operator.tokenType));
        return {
          name: 'calculate',
          nameSpan,
          span,
          parameters: [
            { key: null, index: 0, span: nameSpan, kind: 'number', number },
            { key: null, index: 1, ...operand },
          ],
        };
      }) ?? { name: '', span: NOWHERE, nameSpan: NOWHERE, parameters: [] }
    );
  });

  readonly arguments = this.RULE('arguments', (): Parameter24[] => {
    const parameters: Parameter24[] = [];
    let index = 0;
    this.CONSUME(T.LeftParen);
    this.AT_LEAST_ONE_SEP({
      SEP: T.Comma,
      DEF: () => {
        const argument = this.SUBRULE(this.argument);
        this.ACTION(() => {
          if (argument.key === null) parameters.push({ ...argument, index: index++ });
          else parameters.push(argument);
        });
      },
    });
    this.CONSUME(T.RightParen);
    return parameters;
  });

  readonly argument = this.RULE('argument', (): Parameter24 => {
    let key: ByteString | null = null;
    let value: Value24 & { span: Span } = { ...NOTHING, span: NOWHERE };
    this.OR([
      { ALT: () => (value = this.SUBRULE1(this.string)) },
      { ALT: () => (value = this.SUBRULE1(this.number)) },
      {
        ALT: () => {
          const name = this.CONSUME1(T.Name);
          value = { kind: 'variable', name: name.image, span: spanOf(name) };
          this.OPTION(() => {
            this.CONSUME(T.Equals);
            key = name.image?.toLowerCase() ?? '';
            this.OR2([
              { ALT: () => (value = this.SUBRULE2(this.string)) },
              { ALT: () => (value = this.SUBRULE2(this.number)) },
              {
                ALT: () => {
                  const variable = this.CONSUME2(T.Name);
                  value = { kind: 'variable', name: variable.image, span: spanOf(variable) };
                },
              },
            ]);
          });
        },
      },
    ]);
    return { key, index: -1, ...value };
  });

  readonly string = this.RULE('string', (): Value24 & { span: Span } => {
    const token = this.CONSUME(T.StringToken);
    const payload: unknown = token.payload;
    return { kind: 'string', text: typeof payload === 'string' ? payload : '', span: spanOf(token) };
  });

  readonly number = this.RULE('number', (): Value24 & { span: Span } => {
    let sign: IToken | null = null;
    this.OPTION(() => {
      sign = this.CONSUME(T.Minus);
      this.#afterSign = true;
    });
    const token = this.CONSUME(T.NumberToken);
    this.#afterSign = false;
    let number = 0n;
    this.ACTION(() => {
      const digits = token.image.replace(/^0+(?=.)/, '');
      number = digits.length > 19 ? MAX_INT64 + 2n : BigInt(digits);
      if (sign !== null) number = -number;
      if (number > MAX_INT64 || number < -MAX_INT64 - 1n)
        this.failure ??= { message: 'Not a number', span: spanOf(token) };
    });
    return { kind: 'number', number, span: spanOf(token) };
  });

  /** The first thing that is wrong, in Dovecot's words. */
  firstError(): Template24['error'] {
    const error = this.errors[0];
    if (this.failure !== null || error === undefined) return this.failure;
    const { token } = error;
    if (token.tokenType === T.BadString || token.tokenType === T.BadName)
      return { message: String(token.payload), span: spanOf(token) };
    const previous = this.input[this.input.indexOf(token) - 1] ?? this.input.at(-1) ?? token;
    const end = previous.startOffset + previous.image.length;
    const atEnd = Number.isNaN(token.startOffset);
    const inArguments = error.context.ruleStack.includes('arguments');
    const place: Place24 = inArguments ? 'arguments' : 'steps';
    return {
      message: syntaxError(atEnd ? null : token, previous, place, this.#afterSign),
      span: atEnd ? { start: previous.startOffset, end } : spanOf(token),
    };
  }
}

/** Lexer and parser; the grammar's own checks run only where `validate` asks for them. */
export function createVariables24Machine(validate: boolean): { lexer: Lexer; parser: Variables24Parser } {
  return { lexer: createVariables24Lexer(validate), parser: new Variables24Parser(validate) };
}

let machine: ReturnType<typeof createVariables24Machine> | undefined;

/** Parses a 2.4 template. A NUL ends it, as in C. */
export function parseVariables24(template: ByteString): Template24 {
  const nul = template.indexOf('\0');
  const text = nul === -1 ? template : template.slice(0, nul);
  machine ??= createVariables24Machine(false);
  const { lexer, parser } = machine;
  const lexed = lexer.tokenize(text);
  parser.input = lexed.tokens;
  parser.template();
  const { parts } = parser;
  const error = parser.firstError();
  const ignored = (lexed.groups['ignored'] ?? []).map(spanOf);
  const lost = (lexed.groups['lost'] ?? []).map(spanOf);
  return { parts: error === null ? parts : [], error, fatal: findFatal(parts), ignored, lost };
}

/** var-expand-parser.y push_new_program: behind an empty program that is not the first one there is none to go on from. */
function findFatal(parts: readonly Part24[]): Span | null {
  let empty: Span | null = null;
  for (const [at, part] of parts.entries()) {
    if (part.kind === 'program' && part.steps.length === 0) {
      if (at > 0) empty ??= part.span;
    } else if (empty !== null) return empty;
  }
  return null;
}
