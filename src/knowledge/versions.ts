/** The Dovecot versions whose behaviour is known. */
export type DovecotVersion = Version23 | Version24;

export type Version23 = '2.3.19.1' | '2.3.21.1';

export type Version24 = '2.4.1' | '2.4.5';

export type Series = '2.3' | '2.4';

export function seriesOf(version: DovecotVersion): Series {
  return isVersion23(version) ? '2.3' : '2.4';
}

export function isVersion23(version: DovecotVersion): version is Version23 {
  return version.startsWith('2.3');
}

/** For messages. */
export const KNOWN_VERSIONS = '2.3 (2.3.19.1), 2.3.21.1, 2.4 (2.4.1) and 2.4.5';

/** `--dovecot` argument to version: a series means the version whose tables exist (cli.md). */
export function parseVersion(text: string): DovecotVersion | null {
  switch (text) {
    case '2.3':
    case '2.3.19.1':
      return '2.3.19.1';
    case '2.3.21':
    case '2.3.21.1':
      return '2.3.21.1';
    case '2.4':
    case '2.4.1':
      return '2.4.1';
    case '2.4.5':
      return '2.4.5';
    default:
      return null;
  }
}
