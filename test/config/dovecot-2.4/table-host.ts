import type { ConfigHost } from '../../../src/config/host.js';
import { type LoadedConfig, loadForDump } from '../../../src/config/load.js';
import type { Version24 } from '../../../src/knowledge/versions.js';

const MAIN = '/etc/dovecot/dovecot.conf';

/** A machine with nothing but the given files. */
function tableHost(files: Readonly<Record<string, string>>): ConfigHost {
  return {
    readFile: (path) => {
      const text = files[path];
      if (text !== undefined) return Buffer.from(text, 'latin1');
      throw Object.assign(new Error(`no ${path}`), { code: 'ENOENT' });
    },
    glob: (pattern) => (files[pattern] === undefined ? [] : [pattern]),
    isDirectory: () => false,
    environment: {},
  };
}

/** A configuration of one file, as 2.4.1 (or another version) reads it. */
export function loadText(
  text: string,
  mode: { expand?: boolean; lenient?: boolean; version?: Version24 } = {},
): LoadedConfig {
  return loadForDump(
    {
      path: MAIN,
      host: tableHost({ [MAIN]: text }),
      version: mode.version ?? '2.4.1',
      lenient: mode.lenient ?? false,
    },
    { expand: mode.expand ?? false },
  );
}

/** Dovecot's own words for what is wrong, in its order. */
export function messages(config: LoadedConfig, severity: 'error' | 'warning' = 'error'): string[] {
  return config.problems.flatMap((problem) =>
    problem.severity === severity && problem.dovecot !== null ? [problem.dovecot.message] : [],
  );
}
