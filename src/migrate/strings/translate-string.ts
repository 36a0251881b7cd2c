import type { ByteString } from '../../../grammar/bytes.js';
import type { StringContext, TranslatedString } from '../change.js';

/** The 2.4 form of a string with 2.3 variables: the same text for every request, or changes that say where not. */
export function translateString(text: ByteString, _context: StringContext): TranslatedString {
  return { text, changes: [] };
}
