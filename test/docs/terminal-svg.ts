/** One run of characters with one look. */
interface Run {
  readonly text: string;
  readonly colour: string;
  readonly bold: boolean;
}

const FOREGROUND = '#d4d4d4';
const BACKGROUND = '#1e1e1e';
/** The colours that chalk's 16 names have in a dark terminal, by SGR number. */
const COLOURS: Readonly<Record<number, string>> = {
  31: '#f14c4c',
  32: '#23d18b',
  33: '#e5e510',
  34: '#3b8eea',
  35: '#d670d6',
  36: '#29b8db',
};
const DIM = '#8c8c8c';

const FONT_SIZE = 13;
const LINE_HEIGHT = 18;
const CHARACTER_WIDTH = 7.83;
const PADDING = 14;

/** What a terminal shows, as an SVG image: `text` holds SGR sequences (`ESC [ 31 m`). */
export function terminalSvg(text: string, columns: number): string {
  const lines = text
    .replace(/\n$/, '')
    .split('\n')
    .flatMap((line) => wrapped(runsOf(line), columns));
  const width = Math.ceil(columns * CHARACTER_WIDTH + 2 * PADDING);
  const height = lines.length * LINE_HEIGHT + 2 * PADDING;
  const rows = lines.map((runs, row) => {
    const y = PADDING + row * LINE_HEIGHT + FONT_SIZE;
    return `<text x="${PADDING}" y="${y}" xml:space="preserve">${runs.map(span).join('')}</text>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" ` +
      `font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="${FONT_SIZE}">`,
    '<title>dvproxy check in a terminal</title>',
    `<rect width="100%" height="100%" rx="6" fill="${BACKGROUND}"/>`,
    ...rows,
    '</svg>',
    '',
  ].join('\n');
}

function span({ text, colour, bold }: Run): string {
  const weight = bold ? ' font-weight="bold"' : '';
  return `<tspan fill="${colour}"${weight}>${escaped(text)}</tspan>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function runsOf(line: string): Run[] {
  const runs: Run[] = [];
  let colour = FOREGROUND;
  let bold = false;
  let at = 0;
  const add = (text: string) => {
    if (text !== '') runs.push({ text, colour, bold });
  };
  for (const match of line.matchAll(/\u001b\[([\d;]*)m/g)) {
    add(line.slice(at, match.index));
    at = match.index + match[0].length;
    for (const code of (match[1] || '0').split(';').map(Number)) {
      if (code === 0) [colour, bold] = [FOREGROUND, false];
      else if (code === 1) bold = true;
      else if (code === 2) colour = DIM;
      else if (code === 22) [colour, bold] = [colour === DIM ? FOREGROUND : colour, false];
      else if (code === 39) colour = FOREGROUND;
      else colour = COLOURS[code] ?? colour;
    }
  }
  add(line.slice(at));
  return runs;
}

/** A terminal breaks a line at its last column. */
function wrapped(runs: readonly Run[], columns: number): Run[][] {
  const lines: Run[][] = [[]];
  let room = columns;
  for (const run of runs) {
    let { text } = run;
    while (text.length > room) {
      lines.at(-1)?.push({ ...run, text: text.slice(0, room) });
      text = text.slice(room);
      lines.push([]);
      room = columns;
    }
    lines.at(-1)?.push({ ...run, text });
    room -= text.length;
  }
  return lines;
}
