import { type CustomPatternMatcherFunc, createToken, Lexer, type TokenType } from 'chevrotain';
import type { LineParts, PartKind } from './line-parts.js';

/** What a token knows beyond its text; absent where the text says it all. */
export interface TokenPayload {
  /** The part's text after joining, unquoting and unescaping, where it differs from the image. */
  readonly text?: string;
  /** Physical lines of the logical line, where it is not one. */
  readonly lines?: number;
  /** Offset of continued text that this line throws away. */
  readonly swallowedFrom?: number;
  /** Dovecot's words for what cannot be read. */
  readonly dovecot?: string;
}

export interface DovecotConfTokens {
  readonly Blank: TokenType;
  readonly Comment: TokenType;
  /** Continued text at the end of the file. */
  readonly Unfinished: TokenType;
  readonly Key: TokenType;
  readonly Include: TokenType;
  readonly IncludeTry: TokenType;
  readonly Pattern: TokenType;
  readonly CloseBrace: TokenType;
  readonly Equals: TokenType;
  /** Category of the four forms of a value. */
  readonly Value: TokenType;
  readonly TextValue: TokenType;
  readonly QuotedValue: TokenType;
  readonly FileValue: TokenType;
  readonly VariableValue: TokenType;
  readonly GroupLabel: TokenType;
  readonly Name: TokenType;
  readonly OpenBrace: TokenType;
  /** The rest of a line that Dovecot refuses; the payload says in which words. */
  readonly Rest: TokenType;
  /** Trailing white space, comment and line end. */
  readonly LineEnd: TokenType;
}

export interface DovecotConfLexer {
  readonly tokens: DovecotConfTokens;
  readonly lexer: Lexer;
  readonly vocabulary: TokenType[];
}

/**
 * The lexer of dovecot.conf. What a character means depends on the logical line around it (quotes that hide `#`,
 * continuation, comments that end one), so each token asks `parts`, which has the current line cut into its parts;
 * chevrotain drives, checks that every byte belongs to a token, and makes the tokens.
 */
export function createDovecotConfLexer(parts: LineParts, validate: boolean): DovecotConfLexer {
  const token = (name: string, kind: PartKind, more: { skipped?: boolean; category?: TokenType } = {}) => {
    const pattern: CustomPatternMatcherFunc = (text, offset) => parts.match(kind, text, offset);
    return createToken({
      name,
      pattern,
      line_breaks: true,
      ...(more.skipped ? { group: Lexer.SKIPPED } : {}),
      ...(more.category ? { categories: [more.category] } : {}),
    });
  };
  const Value = createToken({ name: 'Value', pattern: Lexer.NA });
  const White = token('White', 'white', { skipped: true });
  const tokens: DovecotConfTokens = {
    Key: token('Key', 'key'),
    Equals: token('Equals', 'equals'),
    TextValue: token('TextValue', 'text', { category: Value }),
    LineEnd: token('LineEnd', 'line-end'),
    CloseBrace: token('CloseBrace', 'close-brace'),
    OpenBrace: token('OpenBrace', 'open-brace'),
    Name: token('Name', 'name'),
    Comment: token('Comment', 'comment'),
    Blank: token('Blank', 'blank'),
    QuotedValue: token('QuotedValue', 'quoted', { category: Value }),
    FileValue: token('FileValue', 'file', { category: Value }),
    VariableValue: token('VariableValue', 'variable', { category: Value }),
    Include: token('Include', 'include'),
    IncludeTry: token('IncludeTry', 'include-try'),
    Pattern: token('Pattern', 'pattern'),
    GroupLabel: token('GroupLabel', 'group-label'),
    Rest: token('Rest', 'rest'),
    Unfinished: token('Unfinished', 'unfinished'),
    Value,
  };
  // The commonest first: each is asked in turn.
  const { Key, Equals, TextValue, LineEnd, ...others } = tokens;
  const vocabulary = [Key, Equals, TextValue, LineEnd, White, ...Object.values(others)];
  const lexer = new Lexer(vocabulary, { positionTracking: 'onlyOffset', skipValidations: !validate });
  return { tokens, lexer, vocabulary };
}
