/** A fenced block of a page with the file that the line above names, if any. */
export interface Fence {
  readonly language: string;
  readonly text: string;
  /** `` `dovecot.conf`: `` above the block. */
  readonly file: string | null;
  /** The `##` heading that the block stands under. */
  readonly heading: string;
  /** Offsets of `text` in the page. */
  readonly start: number;
  readonly end: number;
}

export function fencesOf(page: string): Fence[] {
  const fences: Fence[] = [];
  for (const match of page.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)) {
    const [whole, language = '', text = ''] = match;
    const before = page.slice(0, match.index);
    const file = /`([^`\n]+)`:\n\n$/.exec(before)?.[1] ?? null;
    const heading = [...before.matchAll(/^## (.*)$/gm)].at(-1)?.[1] ?? '';
    const start = match.index + whole.indexOf('\n') + 1;
    fences.push({ language, text, file, heading, start, end: start + text.length });
  }
  return fences;
}

/** The commands of a `console` block, each with what it printed. */
export function commandsOf(text: string): { command: string; output: string }[] {
  const commands: { command: string; output: string }[] = [];
  for (const line of text.split(/(?<=\n)/)) {
    if (line.startsWith('$ ')) commands.push({ command: line.slice(2).trimEnd(), output: '' });
    else {
      const last = commands.at(-1);
      if (last !== undefined) last.output += line;
    }
  }
  return commands;
}
