import { nameTable } from '../../../grammar/name-table.js';
import { BOTH, defineRule } from '../rule.js';
import { placeIn, valueText } from '../value-text.js';

/** Words of a cipher list that switch on what nobody should speak any more (OpenSSL ciphers(1)). */
const WEAK: Readonly<Record<string, string>> = nameTable({
  ALL: 'every cipher, weak ones too',
  COMPLEMENTOFALL: 'ciphers without encryption',
  EXPORT: 'export ciphers',
  EXP: 'export ciphers',
  LOW: 'ciphers with short keys',
  DES: 'single DES',
  '3DES': 'triple DES',
  'DES-CBC3-SHA': 'triple DES',
  RC4: 'RC4',
  'RC4-SHA': 'RC4',
  MD5: 'MD5',
  SSLV2: 'SSLv2',
  SSLV3: 'ciphers of SSLv3',
  NULL: 'no encryption at all',
  ENULL: 'no encryption at all',
  ANULL: 'servers without a certificate',
  ADH: 'servers without a certificate',
  AECDH: 'servers without a certificate',
});
/** What a list that begins with ALL has to take away. */
const REMOVALS = ['aNULL', 'RC4', '3DES', 'MD5'];

export const weakCiphers = defineRule({
  code: 'DV514',
  name: 'weak-ciphers',
  severity: 'warning',
  title: 'ssl_cipher_list allows ciphers that are broken',
  versions: BOTH,
  check({ config, report }) {
    const written = config.effective.setting('ssl_cipher_list');
    if (written === null || written.origin === null) return;
    const value = valueText(written.origin);
    const words = [...value.text.matchAll(/[^\s:,"']+/g)];
    const removed = new Set(
      words.flatMap(([word]) => (/^[!-]/.test(word) ? [word.slice(1).toUpperCase()] : [])),
    );
    for (const match of words) {
      const [word] = match;
      const what = WEAK[word.toUpperCase()];
      if (what === undefined) continue;
      const left = REMOVALS.filter((name) => !removed.has(name.toUpperCase()) && !isGone(name, removed));
      if (word.toUpperCase() === 'ALL' && left.length === 0) continue;
      report({
        message:
          word.toUpperCase() === 'ALL'
            ? `ALL switches on ${what}, and the list does not take away ${left.join(', ')}`
            : `${word} allows ${what}`,
        place: placeIn(value, { start: match.index, end: match.index + word.length }),
        help: 'Leave ssl_cipher_list out: the defaults of Dovecot and OpenSSL are good.',
      });
    }
  },
});

/** Other names that take the same ciphers away. */
function isGone(name: string, removed: ReadonlySet<string>): boolean {
  const others: Readonly<Record<string, readonly string[]>> = {
    aNULL: ['ADH', 'AECDH'],
    '3DES': ['DES', 'MEDIUM'],
    RC4: ['MEDIUM'],
    MD5: ['MEDIUM'],
  };
  return (others[name] ?? []).some((other) => removed.has(other));
}
