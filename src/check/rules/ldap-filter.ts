import type { Written } from '../../config/origin.js';
import { allPassdbs, allUserdbs } from '../chains.js';
import { extFileOf } from '../ext-files.js';
import { BOTH, defineRule } from '../rule.js';
import { placeIn, valueText } from '../value-text.js';

const FILTERS = [
  ['pass_filter', 'passdb_ldap_filter'],
  ['user_filter', 'userdb_ldap_filter'],
  ['iterate_filter', 'userdb_ldap_iterate_filter'],
] as const;

export const ldapFilter = defineRule({
  code: 'DV827',
  name: 'ldap-filter',
  severity: 'error',
  title: 'An LDAP filter that no directory is asked with: a parenthesis too few, a comparison without "="',
  versions: BOTH,
  check({ config, report }) {
    for (const block of [...allPassdbs(config), ...allUserdbs(config)]) {
      if (block.driver !== 'ldap') continue;
      const ext = extFileOf(block, config);
      for (const [key, name] of FILTERS) {
        if (ext === null && !name.startsWith(block.kind)) continue;
        const written: Written | null = ext === null ? block.setting(name) : (ext.values.get(key) ?? null);
        if (written === null || written.origin === null || written.text.trim() === '') continue;
        // A name that a script puts the filter in the place of.
        if (/^[A-Z_@]+$/.test(written.text.trim())) continue;
        const value = valueText(written.origin);
        const mistake = new FilterText(withoutVariables(value.text)).mistake();
        if (mistake === null) continue;
        report({
          message: `This is no LDAP filter (${mistake.what}): every look-up with it fails temporarily`,
          place: placeIn(value, { start: mistake.at, end: mistake.at + 1 }),
          help: 'A filter looks like (&(objectClass=posixAccount)(uid=NAME)): each comparison in its own parentheses.',
          dovecot: { message: 'parsing failed: Bad search filter', stage: 'runtime' },
        });
      }
    }
  },
});

/** Variables as letters of the same length: their values are escaped. */
function withoutVariables(text: string): string {
  return text.replace(/%(?:\{[^}]*\}|[-\d.]*[A-Z]*[a-z%])/g, (variable) => 'x'.repeat(variable.length));
}

interface Mistake {
  readonly at: number;
  readonly what: string;
}

/** RFC 4515 as libldap reads it (OpenLDAP filter.c): blanks between parts, the outermost parentheses may be missing. */
class FilterText {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  mistake(): Mistake | null {
    this.#blanks();
    if (this.#next() !== '(') {
      const text = this.#text.trim();
      if (/[()]/.test(text)) return { at: this.#at, what: 'its first parenthesis is missing' };
      return text.indexOf('=') > 0 ? null : { at: this.#at, what: 'no "="' };
    }
    const mistake = this.#part();
    if (mistake !== null) return mistake;
    this.#blanks();
    if (this.#at >= this.#text.length) return null;
    const what = this.#next() === ')' ? 'a closing parenthesis too many' : 'more behind its end';
    return { at: this.#at, what };
  }

  #next(): string {
    return this.#text.charAt(this.#at);
  }

  #blanks(): void {
    while (this.#next() === ' ') this.#at += 1;
  }

  #part(): Mistake | null {
    const opened = this.#at;
    this.#at += 1;
    this.#blanks();
    if (/[&|!]/.test(this.#next())) {
      this.#at += 1;
      for (this.#blanks(); this.#next() === '('; this.#blanks()) {
        const mistake = this.#part();
        if (mistake !== null) return mistake;
      }
    } else {
      const [simple = ''] = /^(?:\\.|[^()\\])*/s.exec(this.#text.slice(this.#at)) ?? [];
      if (simple.indexOf('=') <= 0) return { at: this.#at, what: 'a comparison without "="' };
      this.#at += simple.length;
    }
    if (this.#next() !== ')') return { at: opened, what: 'the parenthesis that opens here is not closed' };
    this.#at += 1;
    return null;
  }
}
