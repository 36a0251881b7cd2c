import type { ByteString } from '../../../grammar/bytes.js';
import { findGroups } from './captures.js';
import { parseRegex } from './parse.js';
import { compileProgram, type RegexProgram } from './program.js';
import { findMatch } from './search.js';
import { RegexError, RegexTooLarge } from './tree.js';

/** Where a group matched; null for a group that took no part. */
export type Group = readonly [start: number, end: number] | null;

type RegexProblem =
  /** `message` of regcomp(). */
  | { readonly kind: 'error'; readonly message: ByteString }
  /** More memory or time than is sensible. */
  | { readonly kind: 'crash'; readonly reason: string };

type CompiledRegex = { readonly kind: 'regex'; readonly regex: Regex } | RegexProblem;

export type RegexResult =
  | { readonly kind: 'groups'; readonly groups: readonly Group[] | null }
  | RegexProblem;

/** A POSIX extended regular expression over bytes, as glibc runs it in the C locale. */
class Regex {
  readonly #program: RegexProgram;

  constructor(program: RegexProgram) {
    this.#program = program;
  }

  /** Groups 0 to 9 of the leftmost longest match, or null. */
  match(text: ByteString): readonly Group[] | null {
    const program = this.#program;
    if (program.hasBackReferences) {
      for (let start = 0; start <= text.length; start++) {
        const groups = findGroups(program, text, start, null);
        if (groups !== null) return groups;
      }
      return null;
    }
    const found = findMatch(program, text);
    if (found === null || !program.hasGroups) return found === null ? null : [[found.start, found.end]];
    return findGroups(program, text, found.start, found.end);
  }
}

const MAX_CACHED = 200;
const compiled = new Map<ByteString, CompiledRegex>();

/** Groups 0 to 9 of the leftmost longest match of a pattern, null without a match. */
export function matchRegex(pattern: ByteString, text: ByteString): RegexResult {
  const found = compileRegex(pattern);
  if (found.kind !== 'regex') return found;
  try {
    return { kind: 'groups', groups: found.regex.match(text) };
  } catch (error) {
    if (error instanceof RegexTooLarge) return { kind: 'crash', reason: error.message };
    throw error;
  }
}

function compileRegex(pattern: ByteString): CompiledRegex {
  const known = compiled.get(pattern);
  if (known !== undefined) return known;
  const made = compileNew(pattern);
  if (compiled.size >= MAX_CACHED) compiled.clear();
  compiled.set(pattern, made);
  return made;
}

function compileNew(pattern: ByteString): CompiledRegex {
  try {
    return { kind: 'regex', regex: new Regex(compileProgram(parseRegex(pattern))) };
  } catch (error) {
    if (error instanceof RegexError) return { kind: 'error', message: error.message };
    if (error instanceof RegexTooLarge) return { kind: 'crash', reason: error.message };
    throw error;
  }
}
