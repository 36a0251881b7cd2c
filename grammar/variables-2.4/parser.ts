import type { ByteString } from '../bytes.js';
import type { Span } from '../source.js';
import { orderParameters } from './parameter-order.js';
import { scanVariables24, type Token24, type TokenKind } from './scanner.js';
import { type Place24, syntaxError } from './syntax-error.js';
import type { Parameter24, Part24, Program24, Step24, Template24, Value24 } from './tree.js';

const MAX_INT64 = 2n ** 63n - 1n;

/** Operators in the numbering of Dovecot's `calculate` (var-expand-private.h). */
const OPERATORS: readonly Token24['kind'][] = ['plus', 'minus', 'star', 'slash', 'percent'];

type PlacedValue = Value24 & { readonly span: Span };

/** Thrown at the first token that does not fit, where Dovecot gives up too. */
class Unfit extends Error {}

/** Recursive descent over the tokens of one template. */
class TemplateParser {
  /** Parts read so far, those before an error too. */
  readonly parts: Part24[] = [];
  /** First error, if any; in Dovecot's words. */
  error: Template24['error'] = null;
  readonly #tokens: readonly Token24[];
  #at = 0;
  #place: Place24 = 'steps';
  #afterSign = false;

  constructor(tokens: readonly Token24[]) {
    this.#tokens = tokens;
  }

  template(): void {
    try {
      while (this.#token.kind !== 'end') {
        if (this.#token.kind === 'text') this.parts.push({ kind: 'text', text: this.#next().text });
        else this.parts.push(this.#program());
      }
    } catch (error) {
      if (!(error instanceof Unfit)) throw error;
    }
  }

  get #token(): Token24 {
    const token = this.#tokens[this.#at] ?? this.#tokens.at(-1);
    if (token === undefined) throw new RangeError('the end is a token too');
    return token;
  }

  #next(): Token24 {
    const token = this.#token;
    this.#at++;
    return token;
  }

  #take(kind: TokenKind): Token24 {
    return this.#token.kind === kind ? this.#next() : this.#refuse();
  }

  #program(): Program24 {
    const steps: Step24[] = [];
    const { start } = this.#take('open').span;
    for (;;) {
      if (this.#token.kind === 'name') this.#step(steps);
      if (this.#token.kind !== 'pipe') break;
      this.#next();
    }
    const { end } = this.#take('close').span;
    return { kind: 'program', span: { start, end }, steps };
  }

  /** One step, or two: `a + 1` is `a` and then a `calculate`. */
  #step(steps: Step24[]): void {
    const { text: name, span: nameSpan } = this.#take('name');
    const parameters = this.#token.kind === 'left-paren' ? this.#arguments() : [];
    const span = { start: nameSpan.start, end: this.#previous.span.end };
    steps.push({ name, span, nameSpan, parameters: orderParameters(parameters) });
    const operator = OPERATORS.indexOf(this.#token.kind);
    if (operator !== -1) steps.push(this.#calculation(BigInt(operator)));
  }

  #calculation(operator: bigint): Step24 {
    const { span: nameSpan } = this.#next();
    const operand = this.#token.kind === 'name' ? this.#variable() : this.#number();
    return {
      name: 'calculate',
      nameSpan,
      span: { start: nameSpan.start, end: operand.span.end },
      parameters: [
        { key: null, index: 0, span: nameSpan, kind: 'number', number: operator },
        { key: null, index: 1, ...operand },
      ],
    };
  }

  #arguments(): Parameter24[] {
    const parameters: Parameter24[] = [];
    this.#place = 'arguments';
    let index = 0;
    do {
      this.#next();
      const value = this.#value();
      if (value.kind === 'variable' && this.#token.kind === 'equals') {
        this.#next();
        parameters.push({ key: value.name.toLowerCase(), index: -1, ...this.#value() });
      } else parameters.push({ key: null, index: index++, ...value });
    } while (this.#token.kind === 'comma');
    this.#take('right-paren');
    this.#place = 'steps';
    return parameters;
  }

  #value(): PlacedValue {
    if (this.#token.kind === 'name') return this.#variable();
    if (this.#token.kind !== 'string') return this.#number();
    const { text, span } = this.#next();
    return { kind: 'string', text, span };
  }

  #variable(): PlacedValue {
    const { text, span } = this.#take('name');
    return { kind: 'variable', name: text, span };
  }

  #number(): PlacedValue {
    const isNegative = this.#token.kind === 'minus';
    if (isNegative) this.#next();
    this.#afterSign = isNegative;
    const { text, span } = this.#take('number');
    this.#afterSign = false;
    const digits = text.replace(/^0+(?=.)/, '');
    const size = digits.length > 19 ? MAX_INT64 + 2n : BigInt(digits);
    const number = isNegative ? -size : size;
    if (number > MAX_INT64 || number < -MAX_INT64 - 1n) this.error ??= { message: 'Not a number', span };
    return { kind: 'number', number, span };
  }

  get #previous(): Token24 {
    return this.#tokens[this.#at - 1] ?? this.#token;
  }

  #refuse(): never {
    const token = this.#token;
    const previous = this.#previous;
    this.error ??= {
      message: token.kind === 'bad' ? token.text : syntaxError(token, previous, this.#place, this.#afterSign),
      span: token.kind === 'end' ? previous.span : token.span,
    };
    throw new Unfit();
  }
}

/** Parses a 2.4 template. A NUL ends it, as in C. */
export function parseVariables24(template: ByteString): Template24 {
  const nul = template.indexOf('\0');
  const text = nul === -1 ? template : template.slice(0, nul);
  const { tokens, ignored, lost } = scanVariables24(text);
  const parser = new TemplateParser(tokens);
  parser.template();
  const { parts, error } = parser;
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
