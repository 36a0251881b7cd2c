import type { DovecotVersion } from '../../src/knowledge/versions.js';

/** One recorded answer of `doveadm auth test`, or `auth lookup` where no password was given. */
export interface RecordedAnswer {
  /** Name of the set, and the protocol that stands for it. */
  readonly set: string;
  readonly service: string;
  readonly session: string;
  readonly user: string;
  readonly password: string | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly exit: number;
  readonly log: readonly string[];
  /** What dvproxy asked the server, and how many rows or entries came. */
  readonly queries: readonly { readonly text: string; readonly rows: number | null }[];
}

/** What real Dovecot answered with one configuration, from real servers. */
export interface Recording {
  readonly version: DovecotVersion;
  readonly config: string;
  readonly files: Readonly<Record<string, string>>;
  readonly answers: readonly RecordedAnswer[];
}
