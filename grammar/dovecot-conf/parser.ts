import type { Source } from '../source.js';
import { DIALECTS, type Language } from './line-dialect.js';
import { parseLines } from './line-parser.js';
import type { ConfTree } from './tree.js';

/**
 * The tree of one file of the main configuration language. Never throws on any text. What only the whole include
 * chain can tell (an unclosed section, a `}` without its opening, text pending at the end) is not among the problems.
 */
export function parseDovecotConf(source: Source, language: Language): ConfTree {
  return parseLines(source, DIALECTS[language]);
}
