import type { ByteString } from '../../../grammar/bytes.js';
import { NoEqual, type Piece, quoted } from './expression.js';

type Token =
  | { readonly kind: 'text'; readonly text: ByteString }
  | { readonly kind: 'percent' }
  /** `%{` as text. */
  | { readonly kind: 'open' }
  | { readonly kind: 'expression'; readonly text: ByteString };

/** Texts and expressions in the language of 2.4. `compact`: without blanks inside expressions. */
export function writeTemplate(pieces: readonly Piece[], compact = false): ByteString {
  const whole = merged(pieces);
  const [only] = whole;
  if (whole.length === 0) return '';
  // A value without a percent sign is not read at all.
  if (whole.length === 1 && only?.kind === 'text' && !only.text.includes('%')) return only.text;
  return safeTokens(whole.flatMap((piece) => tokensOf(piece, compact)))
    .map(writtenToken)
    .join('');
}

/** A text that 2.3 took as it is, as a value that 2.4 expands. */
export function literalValue(text: ByteString): ByteString {
  return text === '' ? '' : writeTemplate([{ kind: 'text', text }]);
}

function merged(pieces: readonly Piece[]): Piece[] {
  const result: Piece[] = [];
  for (const piece of pieces) {
    const last = result.at(-1);
    if (piece.kind === 'text' && last?.kind === 'text')
      result[result.length - 1] = { kind: 'text', text: last.text + piece.text };
    else result.push(piece);
  }
  return result;
}

function tokensOf(piece: Piece, compact: boolean): Token[] {
  if (piece.kind === 'text')
    return (piece.text.match(/%\{|%|[^%]+/g) ?? []).map(
      (text): Token =>
        text === '%{' ? { kind: 'open' } : text === '%' ? { kind: 'percent' } : { kind: 'text', text },
    );
  if (!compact) return [{ kind: 'expression', text: piece.steps.join(' | ') }];
  const text = piece.steps.map((step) => step.replace(') % ', ')%')).join('|');
  if (/\s/.test(text)) throw new NoEqual('an expression with blanks, where the text is split at them');
  return [{ kind: 'expression', text }];
}

/**
 * Takes what 2.4.1 reads otherwise into expressions: a text that is exactly `y` is lost, and a percent sign in front of
 * an expression makes it text.
 */
function safeTokens(tokens: readonly Token[]): Token[] {
  const result: Token[] = [];
  let percents = '';
  const flush = (asExpression: boolean, more = ''): void => {
    if (asExpression && percents + more !== '')
      result.push({ kind: 'expression', text: `literal(${quoted(percents + more)})` });
    else for (const _ of percents) result.push({ kind: 'percent' });
    percents = '';
  };
  for (const token of tokens) {
    if (token.kind === 'percent') percents += '%';
    else if (token.kind === 'text' && token.text === 'y') flush(true, 'y');
    else {
      flush(token.kind === 'expression');
      result.push(token);
    }
  }
  flush(false);
  return result;
}

function writtenToken(token: Token): ByteString {
  switch (token.kind) {
    case 'text':
      return token.text;
    case 'percent':
      return '%';
    case 'open':
      return '%%{';
    case 'expression':
      return `%{${token.text}}`;
  }
}
