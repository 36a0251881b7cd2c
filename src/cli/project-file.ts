import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import type { Severity } from '../check/diagnostic.js';
import { namePattern } from '../check/name-pattern.js';
import { type DovecotVersion, KNOWN_VERSIONS, parseVersion } from '../knowledge/versions.js';
import { CommandFailure, EXIT_USAGE } from './exit-codes.js';
import { findRule } from './rule-names.js';

const PROJECT_FILE = '.dvproxy.json';

/** What `.dvproxy.json` says (docs/dvproxy.schema.json); options of the command line win. */
export interface Project {
  readonly dovecot?: DovecotVersion;
  /** By code. */
  readonly severities: ReadonlyMap<string, Severity | 'off'>;
  /** Settings of plugins of one's own: known, whatever their value. */
  isExtraSetting(name: string): boolean;
  isIgnored(realPath: string): boolean;
  readonly map: readonly { readonly from: string; readonly to: string }[];
}

const NO_PROJECT: Project = {
  severities: new Map(),
  isExtraSetting: () => false,
  isIgnored: () => false,
  map: [],
};

/** The nearest `.dvproxy.json` in the folder of a checked file or above it. */
export function findProject(checkedFile: string): Project {
  let folder = dirname(resolve(checkedFile));
  while (!existsSync(join(folder, PROJECT_FILE))) {
    if (dirname(folder) === folder) return NO_PROJECT;
    folder = dirname(folder);
  }
  return readProject(readText(join(folder, PROJECT_FILE)), folder);
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw wrong(`cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

function readProject(text: string, folder: string): Project {
  const document = objectAt(parseJson(text), '');
  const known = ['$schema', 'dovecot', 'rules', 'extraSettings', 'ignorePaths', 'map'];
  for (const key of Object.keys(document))
    if (!known.includes(key)) throw wrong(`${key}: no such key; there are ${known.slice(1).join(', ')}`);
  const { dovecot, rules = {}, extraSettings = [], ignorePaths = [], map = {} } = document;
  const version = dovecot === undefined ? undefined : versionAt(dovecot);
  const extra = textsAt(extraSettings, 'extraSettings').map(namePattern);
  const ignored = textsAt(ignorePaths, 'ignorePaths').map(namePattern);
  return {
    ...(version === undefined ? {} : { dovecot: version }),
    severities: new Map(Object.entries(objectAt(rules, 'rules')).map(severityAt)),
    isExtraSetting: (name) => extra.some((pattern) => pattern.test(name)),
    isIgnored: (path) => ignored.some((pattern) => pattern.test(relative(folder, resolve(path)))),
    map: Object.entries(objectAt(map, 'map')).map(([from, to]) => mapAt(from, to, folder)),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const { message } = error as Error;
    const offset = /position (\d+)/.exec(message)?.[1];
    const line = offset === undefined ? '' : ` (line ${text.slice(0, Number(offset)).split('\n').length})`;
    throw wrong(`no JSON${line}: ${message}`);
  }
}

function objectAt(value: unknown, key: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Readonly<Record<string, unknown>>;
  throw wrong(`${key === '' ? 'the file' : key}: expected an object, found ${JSON.stringify(value)}`);
}

function textsAt(value: unknown, key: string): string[] {
  if (Array.isArray(value) && value.every((one) => typeof one === 'string' && one !== ''))
    return value as string[];
  throw wrong(`${key}: expected a list of names, found ${JSON.stringify(value)}`);
}

function versionAt(value: unknown): DovecotVersion {
  const version = typeof value === 'string' ? parseVersion(value) : null;
  if (version !== null) return version;
  throw wrong(`dovecot: known versions are ${KNOWN_VERSIONS}, found ${JSON.stringify(value)}`);
}

function severityAt([name, value]: [string, unknown]): [string, Severity | 'off'] {
  if (value !== 'off' && value !== 'info' && value !== 'warning' && value !== 'error')
    throw wrong(
      `rules.${name}: expected "off", "info", "warning" or "error", found ${JSON.stringify(value)}`,
    );
  try {
    return [findRule(name).code, value];
  } catch (error) {
    throw error instanceof CommandFailure ? wrong(`rules.${name}: ${error.message}`) : error;
  }
}

function mapAt(from: string, to: unknown, folder: string): { from: string; to: string } {
  if (!from.startsWith('/')) throw wrong(`map.${from}: expected an absolute path such as /etc/dovecot`);
  if (typeof to !== 'string' || to === '')
    throw wrong(`map.${from}: expected a path, found ${JSON.stringify(to)}`);
  const near = relative('.', join(folder, to));
  return { from: from.replace(/(.)\/+$/, '$1'), to: near === '' ? '.' : near };
}

function wrong(text: string): CommandFailure {
  return new CommandFailure(`${PROJECT_FILE}: ${text}`, EXIT_USAGE);
}
