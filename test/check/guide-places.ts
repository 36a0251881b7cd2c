import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { DovecotVersion } from '../../src/knowledge/versions.js';

/** What a real program is asked about a place, and what its answer holds. */
export type RealAnswer =
  | {
      readonly ask: 'doveconf';
      readonly version: DovecotVersion;
      readonly args?: readonly string[];
      readonly answers: string;
    }
  | {
      readonly ask: 'setting';
      readonly version: DovecotVersion;
      readonly name: string;
      readonly answers: string;
    }
  /** The log after `doveadm auth test`. */
  | {
      readonly ask: 'auth';
      readonly version: DovecotVersion;
      readonly user?: string;
      readonly answers: string;
    }
  | { readonly ask: 'process-name'; readonly version: DovecotVersion; readonly answers: string }
  /** A recorded IMAP conversation, in fixtures/transcripts. */
  | {
      readonly ask: 'transcript';
      readonly version: DovecotVersion;
      readonly name: string;
      readonly answers: string;
    }
  | { readonly ask: 'mysql'; readonly schema: string; readonly query: string; readonly answers: string };

/** A place where one of the documents is wrong. */
export interface WrongPlace {
  readonly document: string;
  readonly line: number;
  readonly says: string;
  readonly wrong: string;
  /** 2.4.1 puts the version lines in front of dovecot.conf. */
  readonly version?: '2.4.1';
  readonly files?: Readonly<Record<string, string>>;
  readonly args?: string;
  readonly codes?: readonly string[];
  readonly real: readonly RealAnswer[];
}

interface Review {
  readonly documents: Readonly<Record<string, string>>;
  readonly places: readonly WrongPlace[];
}

export const REVIEW: Review = parse(readFileSync('fixtures/guide/review.yaml', 'utf8'));

/** The files of a place as they are checked. */
export function filesOf({ files = {}, version }: Pick<WrongPlace, 'files' | 'version'>): Map<string, string> {
  const head = 'dovecot_config_version = 2.4.1\ndovecot_storage_version = 2.4.1\n';
  return new Map(
    Object.entries(files).map(([name, text]) => [
      name,
      version !== undefined && name === 'dovecot.conf' ? head + text : text,
    ]),
  );
}
