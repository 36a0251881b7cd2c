import type { Colours } from './colours.js';

/** A page of the documentation for a terminal: headings bold, code indented, `words` coloured, fences gone. */
export function markdownForTerminal(page: string, colours: Colours): string {
  let fence = false;
  const lines: string[] = [];
  for (const line of page.trimEnd().split('\n')) {
    if (line.startsWith('```')) {
      fence = !fence;
      continue;
    }
    if (fence) lines.push(line === '' ? '' : `    ${line}`);
    else if (line.startsWith('#')) lines.push(colours.bold(line.replace(/^#+ */, '')));
    else lines.push(line.replace(/`([^`]+)`/g, (_whole, code: string) => colours.cyan(code)));
  }
  return `${lines.join('\n')}\n`;
}
