import { type ByteString, toUtf8 } from '../../grammar/bytes.js';
import { parseConfExt } from '../../grammar/conf-ext/parser.js';
import type { Setting } from '../../grammar/dovecot-conf/tree.js';
import type { Source } from '../../grammar/source.js';
import { AuthExtReading, tableOf } from './auth-ext-reading.js';
import { DictMapReading } from './dict-map-reading.js';
import { errnoText } from './errno-text.js';
import type { ExtFile, ExtKind } from './ext-file.js';
import { checkExtFile } from './ext-file-checks.js';
import { ExtProblems } from './ext-problems.js';
import { defaultValues } from './ext-values.js';
import type { MappedFiles } from './mapped-files.js';
import type { Written } from './origin.js';
import type { ConfigProblem } from './problem.js';
import { EventReader } from './read-events.js';

/** Reads one external file with the rules of its kind. */
export function readExtFile(
  path: ByteString,
  kind: ExtKind,
  files: MappedFiles,
  environment: Readonly<Record<string, string | undefined>>,
): ExtFile {
  const isDictMap = kind === 'dict-sql' || kind === 'dict-ldap';
  // The dict process reads its files when somebody first asks for the dictionary, the auth process at its start.
  const stage = isDictMap ? 'runtime' : 'auth-start';
  const prefix = isDictMap ? '' : `${kind} ${path}: `;
  let main: Source;
  try {
    main = files.source(path);
  } catch (error) {
    const reason = errnoText(error);
    const problem: ConfigProblem = {
      kind: 'ext-unreadable',
      severity: 'error',
      place: null,
      dovecot: { message: `${prefix}Can't open configuration file ${path}: ${reason}`, stage },
      message: `the ${kind} file ${toUtf8(path)} cannot be read: ${reason}`,
      subject: { name: path },
    };
    return extFile(kind, path, [], defaultValues(isDictMap ? kind : tableOf(kind)), [problem]);
  }
  const problems = new ExtProblems(prefix, stage);
  const text = ({ value }: Setting) =>
    value.form === 'quoted' ? value.text : withEnvironment(value.text, environment);
  const reading = isDictMap
    ? new DictMapReading(kind, problems, text)
    : new AuthExtReading(kind, problems, text);
  const reader = new EventReader(main, files, { parse: parseConfExt, lastMatchFirst: true });
  reading.read(reader);
  const sources = reader.trees.map((tree) => tree.source);
  const checked = checkExtFile(kind, path, main, reading.values, stage);
  return extFile(kind, path, sources, reading.values, [...problems.all, ...checked]);
}

/** `$ENV:NAME` as a word of its own. Dovecot 2.3.19.1 settings.c expand_environment_vars() */
function withEnvironment(
  text: ByteString,
  environment: Readonly<Record<string, string | undefined>>,
): ByteString {
  return text.replace(/(^|[ \t])\$ENV:([^ ]*)/g, (_, before: string, name: string) => {
    return before + (environment[name] ?? '');
  });
}

function extFile(
  kind: ExtKind,
  path: ByteString,
  sources: readonly Source[],
  values: ReadonlyMap<string, Written>,
  problems: readonly ConfigProblem[],
): ExtFile {
  return {
    kind,
    path: toUtf8(path),
    sources,
    values,
    problems,
    get: (key) => values.get(key)?.text ?? '',
  };
}
