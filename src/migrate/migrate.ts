import { type ByteString, fromUtf8, toUtf8 } from '../../grammar/bytes.js';
import type { Source } from '../../grammar/source.js';
import type { Config } from '../config/config.js';
import type { ConfigHost } from '../config/host.js';
import type { LoadedConfig } from '../config/load.js';
import { MappedFiles, type PathMap } from '../config/mapped-files.js';
import { seriesOf, type Version24 } from '../knowledge/versions.js';
import { chainPins } from './auth/meaning.js';
import type { Change, NewFile, NewStatement } from './change.js';
import { ConfigWalk } from './config-walk.js';
import { defaultPins } from './defaults.js';
import { FileTranslator } from './file-translator.js';
import { CONFIG_VERSION, forTarget } from './later-targets.js';
import { newPathOf } from './new-paths.js';
import { plainConfiguration, reasonToRewrite } from './plain-configuration.js';
import { Translation } from './translation.js';
import { type IncludedStatements, styleOf, writeStatements } from './write-statements.js';

export interface MigrationOptions {
  /** The 2.4 to write for. */
  readonly target: Version24;
  /** What the configuration was read from, for its includes and the files that it names. */
  readonly host: ConfigHost;
  readonly maps?: readonly PathMap[];
  /** `--answer`: by `CODE/subject` or `CODE`. */
  readonly answers?: ReadonlyMap<string, string>;
  /** One file with everything instead of a tree. */
  readonly singleFile?: boolean;
}

/** One file of the new tree. */
export interface MigratedFile {
  /** Path in the new tree. */
  readonly path: string;
  /** The 2.3 file that it stands for; its mode and owner are the new file's. */
  readonly source: Source;
  /** Real paths of all 2.3 files whose text is in it. */
  readonly from: readonly string[];
  readonly text: ByteString;
}

export interface Migration {
  readonly target: Version24;
  readonly files: readonly MigratedFile[];
  readonly changes: readonly Change[];
}

/** A configuration that cannot be migrated, with the reason for its reader. */
export class MigrationRefused extends Error {}

/**
 * The 2.4 form of a 2.3 configuration: texts in, texts out.
 *
 * @throws MigrationRefused where the input is no 2.3 configuration that Dovecot accepts.
 */
export function migrate(given: LoadedConfig, options: MigrationOptions): Migration {
  refuseOthers(given);
  const rewriting = reasonToRewrite(given);
  const config = rewriting === null ? given : plainConfiguration(given, options.host);
  const files = new MappedFiles(options.host, options.maps ?? []);
  const t = new Translation({
    config,
    target: options.target,
    walk: new ConfigWalk(config, (pattern) => files.glob(pattern)),
    answers: options.answers ?? new Map(),
    source: files,
  });
  new FileTranslator(t).translate(t.walk.main);
  const [main, ...others] = mainFirst(t);
  const statements = [
    ...(rewriting === null ? [] : rewritten(rewriting)),
    ...withVersions(main.statements, t),
  ];
  const withPins = { ...main, source: given.main, statements };
  return written([withPins, ...others], t, options.singleFile === true);
}

function rewritten(why: string): readonly NewStatement[] {
  const reason = `All settings are written anew into one file, without comments: ${why}.`;
  return [
    {
      kind: 'comment',
      text: `# ${reason}`,
      changes: [{ code: 'DV747', kind: 'equivalent', reason, old: null }],
    },
    { kind: 'blank' },
  ];
}

function refuseOthers(config: Config): void {
  if (seriesOf(config.version) === '2.4')
    throw new MigrationRefused(
      `${toUtf8(config.main.path)} is a 2.4 configuration already; nothing is to be done`,
    );
  if (config.refusal !== null) {
    const words = config.refusal.dovecot?.message ?? fromUtf8(config.refusal.message);
    throw new MigrationRefused(
      `Dovecot 2.3 refuses this configuration, nothing was migrated: ${toUtf8(words)}`,
    );
  }
}

function mainFirst(t: Translation): [NewFile, ...NewFile[]] {
  const { main } = t.config;
  const first = t.files.find(({ source }) => source.path === main.path) ?? { source: main, statements: [] };
  return [first, ...t.files.filter((file) => file !== first)];
}

/** The version lines, behind the comment that the file begins with. */
function withVersions(statements: readonly NewStatement[], t: Translation): readonly NewStatement[] {
  const firstReal = statements.findIndex(({ kind }) => kind !== 'comment' && kind !== 'blank');
  const head = firstReal === -1 ? statements : statements.slice(0, firstReal);
  const lastBlank = head.findLastIndex(({ kind }) => kind === 'blank');
  const at = lastBlank === -1 ? (firstReal === -1 ? head.length : 0) : lastBlank + 1;
  const reason =
    t.target === CONFIG_VERSION
      ? '2.4 reads no file without them.'
      : `2.4 reads no file without them. ${t.target} takes the defaults of ${CONFIG_VERSION} then, which were compared with those of 2.3.`;
  const lines: NewStatement[] = [
    {
      kind: 'setting',
      key: 'dovecot_config_version',
      value: CONFIG_VERSION,
      changes: [{ code: 'DV720', kind: 'exact', reason, old: null }],
    },
    storageVersion(t),
    ...defaultPins(t),
    ...chainPins(t),
    { kind: 'blank' },
  ];
  return [...statements.slice(0, at), ...lines, ...statements.slice(at)];
}

function storageVersion(t: Translation): NewStatement {
  const question = {
    key: 'DV720/storage',
    text: 'Which version must be able to read the mails that 2.4 writes?',
    choices: [
      { name: 'new', meaning: `this version (${t.target}) and later ones` },
      { name: 'old', meaning: '2.3 as well, so that a way back stays open' },
    ],
    default: 'new',
  };
  const value = t.answer(question) === 'old' ? '2.3.19' : t.target;
  const reason =
    'The oldest Dovecot that must be able to read what 2.4 writes; 2.3.19 keeps a way back open.';
  return {
    kind: 'setting',
    key: 'dovecot_storage_version',
    value,
    changes: [{ code: 'DV720', kind: 'decide', reason, old: null, question }],
  };
}

function written(files: readonly [NewFile, ...NewFile[]], t: Translation, singleFile: boolean): Migration {
  const byPath = new Map(files.map((file) => [file.source.path, file]));
  const results: MigratedFile[] = [];
  const changes: Change[] = [];
  for (const file of singleFile ? files.slice(0, 1) : files) {
    const from = new Set([file.source.realPath]);
    const included: IncludedStatements = (paths) => {
      if (!singleFile || paths.length === 0) return null;
      return paths.flatMap((path) => {
        const inside = byPath.get(path);
        if (inside !== undefined) from.add(inside.source.realPath);
        return forTarget(inside?.statements ?? [], t.target);
      });
    };
    const path = newPathOf(file.source.path, t.config.main);
    const statements = forTarget(file.statements, t.target);
    const result = writeStatements(path, statements, styleOf(file.source), included);
    results.push({ path, source: file.source, from: [...from], text: result.text });
    changes.push(...result.changes);
  }
  return {
    target: t.target,
    files: results,
    changes: changes.filter((change) => !isToldBesides(change, changes)),
  };
}

/** That variables are written in another way goes without saying where the whole statement is told to be another one. */
function isToldBesides(change: Change, all: readonly Change[]): boolean {
  const { code, kind, old } = change;
  if (code !== 'DV760' || kind !== 'exact' || old === null) return false;
  return all.some(
    (other) =>
      other.code !== code && other.old?.source === old.source && other.old.span.start === old.span.start,
  );
}
