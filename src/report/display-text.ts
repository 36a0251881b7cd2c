// How wide text is on a terminal, and how text of unknown origin is made safe for one.

interface Widths {
  readonly wide: RegExp;
  readonly zeroWidth: RegExp;
}

let widths: Widths | undefined;

/** Made for the first character beyond ASCII: V8 needs a while for classes of Unicode. */
function unicodeWidths(): Widths {
  widths ??= {
    wide: /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u,
    zeroWidth: /\p{Mn}|\p{Me}|\p{Cf}/u,
  };
  return widths;
}

const TAB_WIDTH = 4;
const PLAIN = /^[ -~]*$/;

/** Columns that one character (a code point) takes at column `at`. */
function widthOf(character: string, at: number): number {
  if (character === '\t') return TAB_WIDTH - (at % TAB_WIDTH);
  if (character < '\x7f') return 1;
  const { wide, zeroWidth } = unicodeWidths();
  if (zeroWidth.test(character)) return 0;
  return wide.test(character) || (character.codePointAt(0) ?? 0) > 0x1ffff ? 2 : 1;
}

/** Columns that `text` takes when it starts at the first column. */
export function displayWidth(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += widthOf(character, width);
  return width;
}

/** Tabs as spaces, control characters (escape sequences too) as the visible signs that Unicode has for them. */
export function displayText(text: string): string {
  if (PLAIN.test(text)) return text;
  let width = 0;
  let shown = '';
  for (const character of text) {
    const columns = widthOf(character, width);
    shown += character === '\t' ? ' '.repeat(columns) : visible(character);
    width += columns;
  }
  return shown;
}

function visible(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  if (code === 0x7f) return '\u2421';
  if (
    (code >= 0x80 && code < 0xa0) ||
    (code >= 0x202a && code <= 0x202e) ||
    (code >= 0x2066 && code <= 0x2069)
  )
    return '\ufffd';
  return character;
}
