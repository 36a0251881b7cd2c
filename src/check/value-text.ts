import type { ByteString } from '../../grammar/bytes.js';
import type { Place, Source, Span } from '../../grammar/source.js';

/** A setting's value with the same length as it has in its file, so that an offset in it is an offset in the file. */
export interface ValueText {
  readonly source: Source;
  /** Offset of `text` in the file. */
  readonly start: number;
  readonly text: ByteString;
}

/**
 * The raw text of a value as one line: what Dovecot takes away (backslash and line end of a continuation, comments,
 * outer quotes) becomes blanks. `place` may be the value or the whole statement.
 */
export function valueText(place: Place): ValueText {
  const { source, span } = place;
  let start = span.start;
  let raw = source.text.slice(span.start, span.end);
  const statement = /^\s*(?:"[^"\n]*"|[^\s={}"'<]+)[ \t]*=[ \t]*/.exec(raw);
  if (statement !== null && !isBehindEquals(source, span.start)) {
    start += statement[0].length;
    raw = raw.slice(statement[0].length);
  }
  return { source, start, text: blankOuterQuotes(blankLineEnds(raw)) };
}

/** The same for a value that stands as it is at the end of its statement's last line; null where it may not. */
export function plainValueText({ source, span }: Place, text: ByteString): ValueText | null {
  const start = span.end - 1 - text.length;
  if (start < span.start || !source.text.startsWith(`${text}\n`, start)) return null;
  if (/["'#\\\t\r\n]/.test(text)) return null;
  return /^[^#"'=\n]*=[ \t]*$/.test(source.text.slice(span.start, start)) ? { source, start, text } : null;
}

/** Whether a `=` stands before the offset on its line: then the place is a value, else a statement. */
function isBehindEquals(source: Source, offset: number): boolean {
  const lineStart = source.lineStarts[source.lineAt(offset) - 1] ?? 0;
  return source.text.slice(lineStart, offset).includes('=');
}

function blankLineEnds(raw: string): string {
  if (!/["'#\\\t\r\n]/.test(raw)) return raw;
  return raw
    .split(/(?<=\n)/)
    .map((line, index) => {
      // A comment line inside a continued value (legal in ext files) is no part of it.
      if (index > 0 && /^\s*#/.test(line)) return ' '.repeat(line.length);
      const uncommented = blankComment(line);
      return uncommented.replace(/\\?[ \t]*\r?\n?$/, (tail) => ' '.repeat(tail.length));
    })
    .join('');
}

/** `#` outside of quotes ends a physical line (config-language.md section 1, step 3). */
function blankComment(line: string): string {
  for (let at = 0; at < line.length; at++) {
    const character = line[at];
    if (character === '#') return line.slice(0, at) + ' '.repeat(line.length - at);
    if (character !== '"' && character !== "'") continue;
    let end = at + 1;
    while (end < line.length && line[end] !== character) end += line[end] === '\\' ? 2 : 1;
    if (end >= line.length) return line;
    at = end;
  }
  return line;
}

function blankOuterQuotes(text: string): string {
  const trimmed = text.trim();
  const quote = trimmed[0];
  if (trimmed.length < 2 || (quote !== '"' && quote !== "'") || !trimmed.endsWith(quote)) return text;
  const from = text.indexOf(quote);
  const to = text.lastIndexOf(quote);
  return `${text.slice(0, from)} ${text.slice(from + 1, to)} ${text.slice(to + 1)}`;
}

/** The part of a value as a place in its file. */
export function placeIn({ source, start }: ValueText, span: Span): Place {
  return { source, span: { start: start + span.start, end: start + span.end } };
}

/** The value itself as a place, without blanks around it; an empty value is shown by its whole statement. */
export function placeOfValue(place: Place): Place {
  const value = valueText(place);
  if (value.text.trim() === '') return place;
  const lead = value.text.length - value.text.trimStart().length;
  return placeIn(value, { start: lead, end: Math.max(lead, value.text.trimEnd().length) });
}

/** The text at a place without outer double quotes. */
export function writtenAs({ source, span }: Place): ByteString {
  const text = source.text.slice(span.start, span.end).trim();
  return /^"[^"\\]*"$/.test(text) ? text.slice(1, -1) : text;
}
