import type { ByteString } from '../../grammar/bytes.js';
import { parseIntMax } from './numbers.js';
import { matchRegex } from './posix-regex/regex.js';
import { wildcardMatch } from './wildcard.js';

// The comparators of `if`, alike in both languages (Dovecot var-expand-if.c, expansion-filter-if.c).

const NUMERIC = ['==', '<', '<=', '>', '>=', '!='] as const;
const TEXTUAL = ['eq', 'lt', 'le', 'gt', 'ge', 'ne', '*', '!*', '~', '!~'] as const;

export type NumericComparator = (typeof NUMERIC)[number];
export type Comparator = NumericComparator | (typeof TEXTUAL)[number];

export type ComparisonResult =
  | { readonly kind: 'done'; readonly holds: boolean }
  | { readonly kind: 'error'; readonly message: ByteString }
  | { readonly kind: 'crash'; readonly reason: string };

export function isNumeric(operator: ByteString): operator is NumericComparator {
  return NUMERIC.some((known) => known === operator);
}

export function isComparator(operator: ByteString): operator is Comparator {
  return isNumeric(operator) || TEXTUAL.some((known) => known === operator);
}

const done = (holds: boolean): ComparisonResult => ({ kind: 'done', holds });

export function compareNumbers(left: bigint, operator: NumericComparator, right: bigint): boolean {
  switch (operator) {
    case '==':
      return left === right;
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    case '>=':
      return left >= right;
    case '!=':
      return left !== right;
  }
}

/** Compares; numeric operators take sides that are numbers already (else 0). */
export function compare(left: ByteString, operator: Comparator, right: ByteString): ComparisonResult {
  switch (operator) {
    case 'eq':
      return done(left === right);
    case 'lt':
      return done(left < right);
    case 'le':
      return done(left <= right);
    case 'gt':
      return done(left > right);
    case 'ge':
      return done(left >= right);
    case 'ne':
      return done(left !== right);
    case '*':
      return done(wildcardMatch(left, right));
    case '!*':
      return done(!wildcardMatch(left, right));
    case '~':
    case '!~': {
      const result = matchRegex(right, left);
      return result.kind === 'groups' ? done((result.groups !== null) === (operator === '~')) : result;
    }
    default:
      return done(compareNumbers(parseIntMax(left) ?? 0n, operator, parseIntMax(right) ?? 0n));
  }
}
