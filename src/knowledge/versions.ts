/** The Dovecot versions whose behaviour is known. */
export type DovecotVersion = '2.3.19.1' | '2.4.1';

export type Series = '2.3' | '2.4';

export function seriesOf(version: DovecotVersion): Series {
  return version.startsWith('2.3') ? '2.3' : '2.4';
}

/** `--dovecot` argument to version: a series means the version whose tables exist (cli.md). */
export function parseVersion(text: string): DovecotVersion | null {
  switch (text) {
    case '2.3':
    case '2.3.19.1':
      return '2.3.19.1';
    case '2.4':
    case '2.4.1':
      return '2.4.1';
    default:
      return null;
  }
}
