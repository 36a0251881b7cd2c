import { DIALECTS } from '../dovecot-conf/line-dialect.js';
import { parseLines } from '../dovecot-conf/line-parser.js';
import type { Source } from '../source.js';
import type { ConfExtTree } from './tree.js';

/** The tree of one `*.conf.ext` file. Never throws on any text. */
export function parseConfExt(source: Source): ConfExtTree {
  return parseLines(source, DIALECTS.ext);
}
