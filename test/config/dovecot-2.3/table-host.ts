import { expandBraces, globPattern } from '../../../src/config/glob-pattern.js';
import type { ConfigHost, HostLookup } from '../../../src/config/host.js';
import { type LoadedConfig, loadForDump, type ReadingMode } from '../../../src/config/load.js';
import type { Version23 } from '../../../src/knowledge/versions.js';

export const MAIN = '/etc/dovecot/dovecot.conf';

/** A machine with nothing but the given files; a file of `null` cannot be opened. */
export function tableHost(files: Readonly<Record<string, string | null>>): ConfigHost {
  const refuse = (code: string): never => {
    throw Object.assign(new Error(code), { code });
  };
  const matches = (pattern: string) => {
    const parts = pattern.split('/').map(globPattern);
    return Object.keys(files)
      .filter((path) => {
        const names = path.split('/');
        return (
          names.length === parts.length &&
          parts.every((part, at) =>
            typeof part === 'string' ? part === names[at] : part.test(names[at] ?? ''),
          )
        );
      })
      .sort();
  };
  return {
    readFile: (path) => {
      const text = files[path];
      if (text === undefined) return refuse('ENOENT');
      return text === null ? refuse('EACCES') : Buffer.from(text, 'latin1');
    },
    glob: (pattern) => expandBraces(pattern).flatMap(matches),
    isDirectory: () => false,
    environment: { WORD: 'from the environment' },
  };
}

interface Mode extends ReadingMode {
  readonly lenient?: boolean;
  readonly version?: Version23;
}

export function loadFiles(
  files: Readonly<Record<string, string | null>>,
  mode: Mode = {},
  lookUp?: HostLookup,
): LoadedConfig {
  const { lenient = false, version = '2.3.19.1', ...reading } = mode;
  const host = { ...tableHost(files), ...(lookUp === undefined ? {} : { lookUp }) };
  return loadForDump({ path: MAIN, host, version, lenient }, reading);
}

export function loadText(text: string, mode: Mode = {}, lookUp?: HostLookup): LoadedConfig {
  return loadFiles({ [MAIN]: text }, mode, lookUp);
}

/** Dovecot's own words for what is wrong, in its order. */
export function messages(config: LoadedConfig, severity: 'error' | 'warning' = 'error'): string[] {
  return config.problems.flatMap((problem) =>
    problem.severity === severity && problem.dovecot !== null ? [problem.dovecot.message] : [],
  );
}
