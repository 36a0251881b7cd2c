import { toUtf8 } from '../../grammar/bytes.js';
import type { Place } from '../../grammar/source.js';
import type { Colours } from './colours.js';
import { displayText, displayWidth } from './display-text.js';
import { maskSecrets } from './masking.js';

const ELLIPSIS = '...';

export interface FrameOptions {
  readonly colours: Colours;
  /** Columns of the terminal. */
  readonly columns: number;
  readonly showSecrets: boolean;
  /** Of the underline. */
  paint(text: string): string;
}

/**
 * The line of a place with its number, and a line of `^` under the place:
 *
 *     62 |     skip = notfound
 *        |            ^^^^^^^^
 */
export function codeFrame(place: Place, gutter: number, options: FrameOptions): string[] {
  const { source, span } = place;
  const start = source.position(span.start);
  const lineStart = source.lineStarts[start.line - 1] ?? 0;
  const line = toUtf8(source.line(start.line));
  const before = toUtf8(source.text.slice(lineStart, span.start));
  const lineEnd = lineStart + source.line(start.line).length;
  const marked = toUtf8(source.text.slice(span.start, Math.max(span.start, Math.min(span.end, lineEnd))));
  const shown = displayText(options.showSecrets ? line : maskSecrets(line));
  const from = displayWidth(before);
  const length = Math.max(1, displayWidth(before + marked.trimEnd()) - from);
  const cropped = crop(shown, from, length, Math.max(40, options.columns - gutter - 4));
  const { dim } = options.colours;
  const number = String(start.line).padStart(gutter);
  const underline = ' '.repeat(cropped.from) + options.paint('^'.repeat(cropped.length));
  return [
    `${dim(`${number} |`)} ${cropped.text}`.trimEnd(),
    `${dim(`${' '.repeat(gutter)} |`)} ${underline}`,
  ];
}

/** A window of `room` columns with the marked part in it. */
function crop(text: string, from: number, length: number, room: number) {
  const width = displayWidth(text);
  if (width <= room) return { text, from, length };
  const left = Math.max(0, Math.min(from - Math.floor(room / 3), width - room));
  const inner = Math.max(1, room - (left > 0 ? ELLIPSIS.length : 0) - ELLIPSIS.length);
  const window = windowOf(text, left, inner);
  const head = left > 0 ? ELLIPSIS : '';
  const start = from - window.start + head.length;
  return {
    text: `${head}${window.text}${window.end < width ? ELLIPSIS : ''}`,
    from: start,
    length: Math.max(1, Math.min(length, head.length + displayWidth(window.text) - start)),
  };
}

/** Whole characters between two columns. */
function windowOf(text: string, left: number, room: number) {
  let column = 0;
  let start: number | null = null;
  let shown = '';
  for (const character of text) {
    const width = displayWidth(character);
    if (column >= left && column + width <= left + room) {
      start ??= column;
      shown += character;
    }
    column += width;
    if (column >= left + room) break;
  }
  return { text: shown, start: start ?? left, end: column };
}
