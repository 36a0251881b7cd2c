import { EmbeddedActionsParser, type Lexer } from 'chevrotain';
import type { ByteString } from '../bytes.js';
import { createVariables23Lexer } from './lexer.js';
import { Format, LongName, longNamePayload, Modifiers, Percent, ShortName, Text, tokens } from './tokens.js';
import type { Name23, Part23, Template23, Variable23 } from './tree.js';

interface Format23 {
  readonly offset: number;
  readonly width: number;
  readonly zeroPadding: boolean;
}

const PLAIN: Format23 = { offset: 0, width: 0, zeroPadding: false };

/** Digits as C's `int` counts them (wrapping). */
function digits(text: string): number {
  let value = 0;
  for (let at = 0; at < text.length; at++) value = (Math.imul(value, 10) + text.charCodeAt(at) - 0x30) | 0;
  return value;
}

/** `[-][0]NUM1[.[0][-]NUM2]`: without a point NUM1 is the width and its sign is lost, with one it is the offset. */
function readFormat(image: string): Format23 {
  const match = /^(-?)(0?)([0-9]*)(?:(\.)(0?)(-?)([0-9]*))?$/.exec(image);
  if (match === null) return PLAIN;
  const [, sign, zero, first, point, secondZero, secondSign, second] = match;
  if (point === undefined) return { offset: 0, width: digits(first ?? ''), zeroPadding: zero === '0' };
  const offset = digits(first ?? '');
  const width = digits(second ?? '');
  return {
    offset: sign === '-' ? -offset : offset,
    width: secondSign === '-' ? -width : width,
    zeroPadding: secondZero === '0',
  };
}

class Variables23Parser extends EmbeddedActionsParser {
  constructor(validate: boolean) {
    super(tokens, { maxLookahead: 1, recoveryEnabled: false, skipValidations: !validate });
    this.performSelfAnalysis();
  }

  readonly template = this.RULE('template', (): Template23 => {
    const parts: Part23[] = [];
    let cutShort: Template23['cutShort'] = null;
    this.MANY(() =>
      this.OR([
        {
          ALT: () => {
            const text = this.CONSUME(Text).image;
            parts.push({ kind: 'text', text });
          },
        },
        {
          ALT: () => {
            const variable = this.SUBRULE(this.variable);
            this.ACTION(() => {
              if (variable.name === null) cutShort = variable.span;
              else parts.push(variable as Variable23);
            });
          },
        },
      ]),
    );
    return { parts, cutShort };
  });

  readonly variable = this.RULE('variable', (): Omit<Variable23, 'name'> & { name: Name23 | null } => {
    const start = this.CONSUME(Percent).startOffset;
    let end = start + 1;
    let format = PLAIN;
    let modifiers = '';
    let name: Name23 | null = null;
    this.OPTION1(() => {
      const token = this.CONSUME(Format);
      this.ACTION(() => {
        format = readFormat(token.image);
        end = token.startOffset + token.image.length;
      });
    });
    this.OPTION2(() => {
      const token = this.CONSUME(Modifiers);
      this.ACTION(() => {
        modifiers = token.image;
        end = token.startOffset + token.image.length;
      });
    });
    this.OPTION3(() =>
      this.OR([
        {
          ALT: () => {
            const token = this.CONSUME(LongName);
            this.ACTION(() => {
              const { text, closed } = longNamePayload(token);
              end = token.startOffset + token.image.length;
              const nameStart = token.startOffset + 1;
              name = { kind: 'long', text, closed, span: { start: nameStart, end: nameStart + text.length } };
            });
          },
        },
        {
          ALT: () => {
            const token = this.CONSUME(ShortName);
            this.ACTION(() => {
              end = token.startOffset + 1;
              name = { kind: 'short', text: token.image, span: { start: token.startOffset, end } };
            });
          },
        },
      ]),
    );
    return { kind: 'variable', span: { start, end }, ...format, modifiers, name };
  });
}

/** Lexer and parser; the grammar's own checks run only where `validate` asks for them. */
export function createVariables23Machine(validate: boolean): { lexer: Lexer; parser: Variables23Parser } {
  return { lexer: createVariables23Lexer(validate), parser: new Variables23Parser(validate) };
}

let machine: ReturnType<typeof createVariables23Machine> | undefined;

/** Parses a 2.3 template. Every text is one: the language has no syntax errors. A NUL ends it, as in C. */
export function parseVariables23(template: ByteString): Template23 {
  const nul = template.indexOf('\0');
  const text = nul === -1 ? template : template.slice(0, nul);
  machine ??= createVariables23Machine(false);
  const { lexer, parser } = machine;
  parser.input = lexer.tokenize(text).tokens;
  return parser.template();
}
