import { EmbeddedActionsParser, type IToken } from 'chevrotain';
import type { ByteString } from '../bytes.js';
import type { Source, Span } from '../source.js';
import { type LineDialect, LineParts } from './line-parts.js';
import { createDovecotConfLexer, type DovecotConfTokens, type TokenPayload } from './tokens.js';
import type { ConfTree, ConfValue } from './tree.js';
import { TreeBuilder } from './tree-builder.js';

/** Text is lexed and parsed in pieces of whole lines of about this size, so that tokens die young. */
const PIECE = 1 << 16;

/**
 * The grammar of the lines. A file is a list of lines: sections may be opened and closed in different files, and a
 * line that cannot be read must not take its neighbours along, so nesting is the tree builder's.
 */
class LineParser extends EmbeddedActionsParser {
  readonly #tokens: DovecotConfTokens;
  #builder: TreeBuilder | undefined;
  /** Offset of the piece in the text. */
  #base = 0;
  #pieceEnd = 0;

  constructor(
    vocabulary: ConstructorParameters<typeof EmbeddedActionsParser>[0],
    tokens: DovecotConfTokens,
    validate: boolean,
  ) {
    super(vocabulary, { recoveryEnabled: false, maxLookahead: 1, skipValidations: !validate });
    this.#tokens = tokens;
    this.performSelfAnalysis();
  }

  parsePiece(tokens: IToken[], base: number, end: number, builder: TreeBuilder): void {
    this.#builder = builder;
    this.#base = base;
    this.#pieceEnd = end;
    this.input = tokens;
    this.lines();
  }

  readonly lines = this.RULE('lines', () => {
    this.MANY(() => this.SUBRULE(this.line));
  });

  readonly line = this.RULE('line', () => {
    const T = this.#tokens;
    this.OR([
      { ALT: () => this.SUBRULE(this.settingOrSection) },
      { ALT: () => this.#unread('comment', this.CONSUME(T.Comment)) },
      { ALT: () => this.#unread('blank', this.CONSUME(T.Blank)) },
      { ALT: () => this.SUBRULE(this.sectionEnd) },
      { ALT: () => this.SUBRULE(this.include) },
      { ALT: () => this.SUBRULE(this.settingWithoutKey) },
      { ALT: () => this.#unfinished(this.CONSUME(T.Unfinished)) },
    ]);
  });

  readonly settingOrSection = this.RULE('settingOrSection', () => {
    const T = this.#tokens;
    const key = this.CONSUME(T.Key);
    let equals: IToken | undefined;
    let value: IToken | undefined;
    let label: IToken | undefined;
    let name: IToken | undefined;
    let brace: IToken | undefined;
    let rest: IToken | undefined;
    this.OPTION(() => {
      this.OR([
        {
          ALT: () => {
            equals = this.CONSUME(T.Equals);
            this.OPTION1(() => {
              value = this.CONSUME(T.Value);
            });
          },
        },
        {
          ALT: () => {
            this.OPTION2(() => {
              label = this.CONSUME(T.GroupLabel);
            });
            this.OPTION3(() => {
              name = this.CONSUME(T.Name);
            });
            brace = this.CONSUME(T.OpenBrace);
          },
        },
        {
          ALT: () => {
            rest = this.CONSUME(T.Rest);
          },
        },
      ]);
    });
    const end = this.SUBRULE(this.lineEnd);
    this.ACTION(() => {
      if (equals !== undefined) this.#setting(end, key, equals, value);
      else if (brace !== undefined) this.#openSection(end, key, label, name);
      else this.#broken(end, key, rest);
    });
  });

  readonly settingWithoutKey = this.RULE('settingWithoutKey', () => {
    const equals = this.CONSUME(this.#tokens.Equals);
    let value: IToken | undefined;
    this.OPTION(() => {
      value = this.CONSUME(this.#tokens.Value);
    });
    const end = this.SUBRULE(this.lineEnd);
    this.ACTION(() => this.#setting(end, undefined, equals, value));
  });

  readonly sectionEnd = this.RULE('sectionEnd', () => {
    this.CONSUME(this.#tokens.CloseBrace);
    const end = this.SUBRULE(this.lineEnd);
    this.ACTION(() => this.#builder?.closeSection(this.#endOf(end), linesOf(end)));
  });

  readonly include = this.RULE('include', () => {
    const T = this.#tokens;
    let optional = false;
    let word: IToken | undefined;
    let pattern: IToken | undefined;
    this.OR([
      {
        ALT: () => {
          word = this.CONSUME(T.Include);
        },
      },
      {
        ALT: () => {
          word = this.CONSUME(T.IncludeTry);
          optional = true;
        },
      },
    ]);
    this.OPTION(() => {
      pattern = this.CONSUME(T.Pattern);
    });
    const end = this.SUBRULE(this.lineEnd);
    this.ACTION(() => {
      const span = pattern === undefined ? this.#spanAfter(word) : this.#span(pattern);
      this.#builder?.include(this.#endOf(end), linesOf(end), optional, textOf(pattern), span);
    });
  });

  readonly lineEnd = this.RULE('lineEnd', (): IToken | undefined => {
    let end: IToken | undefined;
    this.OPTION(() => {
      end = this.CONSUME(this.#tokens.LineEnd);
    });
    return end;
  });

  #setting(
    end: IToken | undefined,
    key: IToken | undefined,
    equals: IToken,
    value: IToken | undefined,
  ): void {
    const behind = this.#base + equals.startOffset + equals.image.indexOf('=') + 1;
    const keySpan = key === undefined ? { start: behind - 1, end: behind - 1 } : this.#span(key);
    const confValue: ConfValue =
      value === undefined
        ? { form: 'text', text: '', span: { start: behind, end: behind } }
        : { form: this.#formOf(value), text: textOf(value), span: this.#span(value) };
    this.#builder?.setting(this.#endOf(end), linesOf(end), textOf(key), keySpan, confValue);
  }

  #formOf(value: IToken): ConfValue['form'] {
    const T = this.#tokens;
    switch (value.tokenType) {
      case T.QuotedValue:
        return 'quoted';
      case T.FileValue:
        return 'file';
      case T.VariableValue:
        return 'variable';
      default:
        return 'text';
    }
  }

  #openSection(
    end: IToken | undefined,
    key: IToken,
    label: IToken | undefined,
    name: IToken | undefined,
  ): void {
    this.#builder?.openSection(this.#endOf(end), linesOf(end), {
      key: textOf(key),
      keySpan: this.#span(key),
      name: name === undefined ? null : textOf(name),
      nameSpan: name === undefined ? null : this.#span(name),
      groupLabel: label === undefined ? null : textOf(label),
    });
  }

  #broken(end: IToken | undefined, key: IToken, rest: IToken | undefined): void {
    const dovecot = payloadOf(rest ?? key)?.dovecot ?? "Expecting '{'";
    const start = this.#span(key).start;
    this.#builder?.broken(this.#endOf(end), linesOf(end), dovecot, start, this.#span(rest ?? key).end);
  }

  #unread(kind: 'blank' | 'comment', token: IToken): void {
    const payload = payloadOf(token);
    const from = payload?.swallowedFrom;
    this.ACTION(() =>
      this.#builder?.unread(
        kind,
        this.#endOf(token),
        payload?.lines ?? 1,
        from === undefined ? undefined : this.#base + from,
      ),
    );
  }

  #unfinished(token: IToken): void {
    this.ACTION(() => this.#builder?.unfinished(this.#endOf(token), linesOf(token), textOf(token)));
  }

  #span(token: IToken): Span {
    const start = this.#base + token.startOffset;
    return { start, end: start + token.image.length };
  }

  #spanAfter(token: IToken | undefined): Span {
    const end = token === undefined ? this.#pieceEnd : this.#span(token).end;
    return { start: end, end };
  }

  /** A line without a line end is the last one. */
  #endOf(token: IToken | undefined): number {
    return token === undefined ? this.#pieceEnd : this.#base + token.startOffset + token.image.length;
  }
}

function payloadOf(token: IToken | undefined): TokenPayload | undefined {
  return token?.payload;
}

function textOf(token: IToken | undefined): ByteString {
  return token === undefined ? '' : (payloadOf(token)?.text ?? token.image);
}

/** Physical lines of a logical line; null for the last one of a file without a line end: its text tells. */
function linesOf(token: IToken | undefined): number | null {
  return token === undefined ? null : (payloadOf(token)?.lines ?? 1);
}

interface Machine {
  readonly parts: LineParts;
  readonly lexer: ReturnType<typeof createDovecotConfLexer>['lexer'];
  readonly parser: LineParser;
}

let machine: Machine | undefined;

/** Lexer and parser; chevrotain's checks of the grammar run only where `validate` asks for them. */
export function createLineMachine(validate: boolean): Machine {
  const parts = new LineParts();
  const { tokens, lexer, vocabulary } = createDovecotConfLexer(parts, validate);
  return { parts, lexer, parser: new LineParser(vocabulary, tokens, validate) };
}

/** The tree of one file in a dialect of the line language. Never throws on any text. */
export function parseLines(source: Source, dialect: LineDialect): ConfTree {
  machine ??= createLineMachine(false);
  const { parts, lexer, parser } = machine;
  const builder = new TreeBuilder(source);
  const { text } = source;
  const hashes: number[] = [];
  for (let base = 0; base < text.length; ) {
    const end = pieceEnd(text, base);
    const piece = base === 0 && end === text.length ? text : text.slice(base, end);
    parts.start(piece, dialect);
    const { tokens } = lexer.tokenize(piece);
    parser.parsePiece(tokens, base, end, builder);
    for (const hash of parts.ambiguousHashes) hashes.push(base + hash);
    base = end;
  }
  return builder.finish(hashes);
}

/** A line end after which no continued line can go on: behind a line without a backslash. */
function pieceEnd(text: ByteString, base: number): number {
  let from = base + PIECE;
  for (;;) {
    const newline = text.indexOf('\n', from);
    if (newline === -1) return text.length;
    const lineStart = text.lastIndexOf('\n', newline - 1) + 1;
    if (!text.slice(lineStart, newline).includes('\\')) return newline + 1;
    from = newline + 1;
  }
}
