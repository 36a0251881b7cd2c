import { displayWidth } from './display-text.js';

/**
 * Text in lines that end between words: `first` columns of the first line are taken, `indent` of each other one. A word
 * that is longer than a line stands alone; 0 columns: never broken.
 */
export function wrapWords(text: string, columns: number, first: number, indent: number): string[] {
  if (columns === 0) return [text];
  const lines: string[] = [];
  let line = '';
  let room = columns - first;
  for (const word of text.split(' ')) {
    const width = displayWidth(word) + (line === '' ? 0 : 1);
    if (line !== '' && width > room) {
      lines.push(line);
      line = word;
      room = columns - indent - displayWidth(word);
    } else {
      line = line === '' ? word : `${line} ${word}`;
      room -= width;
    }
  }
  return [...lines, line];
}
