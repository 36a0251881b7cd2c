import { nameTable } from '../../../grammar/name-table.js';
import { entriesOf, readPasswdFiles } from '../passwd-files.js';
import { BOTH, defineRule } from '../rule.js';

/** Bytes of the digest; salted schemes have at least one byte more (password-scheme.c of both versions). */
const EXACT: Readonly<Record<string, number>> = nameTable({
  SHA: 20,
  SHA1: 20,
  SHA256: 32,
  SHA512: 64,
  'PLAIN-MD5': 16,
  'LDAP-MD5': 16,
  'DIGEST-MD5': 16,
  'PLAIN-MD4': 16,
  'CRAM-MD5': 32,
  'HMAC-MD5': 32,
});
const AT_LEAST: Readonly<Record<string, number>> = nameTable({
  SSHA: 20,
  SSHA256: 32,
  SSHA512: 64,
  SMD5: 16,
});

export const passwdFileHashLength = defineRule({
  code: 'DV807',
  name: 'passwd-file-hash-length',
  severity: 'warning',
  title: 'A password hash of the wrong length for its scheme: nobody can log in with it',
  versions: BOTH,
  check({ config, files, report }) {
    for (const source of readPasswdFiles(config, files)) {
      for (const { user, password, passwordSpan } of entriesOf(source)) {
        const match = /^\{([\w-]+)(?:\.(b64|base64|hex))?\}(.*)$/i.exec(password);
        if (match === null) continue;
        const scheme = (match[1] ?? '').toUpperCase();
        const exact = EXACT[scheme];
        const expected = exact ?? AT_LEAST[scheme];
        if (expected === undefined) continue;
        const bytes = byteLength(
          match[3] ?? '',
          (match[2] ?? '').toLowerCase(),
          expected,
          exact !== undefined,
        );
        if (bytes === null || bytes === expected || (exact === undefined && bytes > expected)) continue;
        report({
          message: `{${scheme}} takes ${expected} bytes${exact === undefined ? ' and a salt' : ''}, and this hash has ${bytes}: ${user} can never log in`,
          place: { source, span: passwordSpan },
          help: `Make a new one with "doveadm pw -s ${scheme}".`,
          dovecot:
            exact === undefined
              ? null
              : {
                  message: `Password data is not valid for scheme ${scheme}: Input length isn't valid (${bytes} instead of ${expected})`,
                  stage: 'runtime',
                },
        });
      }
    }
  },
});

/** Length of the decoded data; null where it is neither base64 nor hex. */
function byteLength(data: string, encoding: string, expected: number, isFixed: boolean): number | null {
  const isHex = /^(?:[0-9a-fA-F]{2})*$/.test(data);
  // Without a suffix exactly twice the length means hex (auth-chain.md section 6).
  if (encoding === 'hex' || (encoding === '' && isFixed && isHex && data.length === expected * 2))
    return isHex ? data.length / 2 : null;
  return /^[A-Za-z0-9+/]*={0,2}$/.test(data) ? Buffer.from(data, 'base64').length : null;
}
