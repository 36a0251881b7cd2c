/** Where a line of SQL may best begin: the clauses of a statement, at the outermost level. */
const CLAUSE = /^(?:FROM|WHERE|AND|OR|LEFT|RIGHT|INNER|CROSS|JOIN|GROUP|ORDER|HAVING|LIMIT|UNION)$/i;

interface Word {
  readonly text: string;
  /** 2: a clause begins here or a column of the list does; 1: any other place outside of parentheses; 0: inside. */
  readonly rank: 0 | 1 | 2;
}

/** Words of a query: quoted text is one word, so that no line ends inside of it. */
function wordsOf(query: string): Word[] {
  const words: Word[] = [];
  let depth = 0;
  let afterComma = false;
  for (const [text] of query.matchAll(
    /(?:'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.)*"|`[^`]*`|[^\s'"`]|['"`])+/g,
  )) {
    const rank = depth > 0 ? 0 : afterComma || CLAUSE.test(text) ? 2 : 1;
    words.push({ text, rank });
    const bare = text.replaceAll(/'(?:[^'\\]|\\.|'')*'/g, '');
    for (const character of bare) {
      if (character === '(') depth += 1;
      else if (character === ')') depth = Math.max(0, depth - 1);
    }
    if (/^case$/i.test(bare)) depth += 1;
    if (/^end[),]*$/i.test(bare)) depth = Math.max(0, depth - 1);
    afterComma = depth === 0 && text.endsWith(',');
  }
  return words;
}

/**
 * A query in lines of at most `width` columns. One that fits stays as it is; a longer one is broken before its clauses
 * and columns where that leaves no line half empty, else between words, and only an endless word inside of itself.
 */
export function queryLines(query: string, width: number): string[] {
  if (query.length <= width) return [query];
  const lines: string[] = [];
  let words = wordsOf(query).flatMap((word) => pieces(word, width));
  while (words.length > 0) {
    let length = 0;
    let fitting = 0;
    for (const { text } of words) {
      length += text.length + (fitting === 0 ? 0 : 1);
      if (length > width) break;
      fitting += 1;
    }
    const count = fitting === words.length ? fitting : bestBreak(words, Math.max(1, fitting), width);
    lines.push(
      words
        .slice(0, count)
        .map(({ text }) => text)
        .join(' '),
    );
    words = words.slice(count);
  }
  return lines;
}

/** The last good place to break that leaves the line at least a third full. */
function bestBreak(words: readonly Word[], fitting: number, width: number): number {
  for (const rank of [2, 1] as const) {
    let length = words.slice(0, fitting).reduce((sum, { text }) => sum + text.length + 1, -1);
    for (let at = fitting; at > 0 && length >= width / 3; at -= 1) {
      if ((words[at]?.rank ?? 0) >= rank) return at;
      length -= (words[at - 1]?.text.length ?? 0) + 1;
    }
  }
  return fitting;
}

function pieces({ text, rank }: Word, width: number): Word[] {
  const parts: Word[] = [];
  for (let at = 0; at < text.length; at += width)
    parts.push({ text: text.slice(at, at + width), rank: at === 0 ? rank : 0 });
  return parts;
}
