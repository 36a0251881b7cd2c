import { Source, type Span } from '../../grammar/source.js';
import type { Config } from '../config/config.js';
import type { PassdbBlock, UserdbBlock } from '../config/effective.js';
import { seriesOf } from '../knowledge/versions.js';
import { blocksOfDriver } from './chains.js';
import type { FileProbe } from './file-probe.js';

/** One line of a passwd-file, cut at its colons (auth-chain.md section 5). */
export interface PasswdEntry {
  readonly user: string;
  readonly password: string;
  readonly passwordSpan: Span;
  readonly extra: string;
  readonly extraSpan: Span;
}

export interface PasswdFile {
  readonly block: PassdbBlock | UserdbBlock;
  readonly path: string;
}

/** The passwd-files that the configuration names, without those whose path depends on the user. */
export function passwdFiles(config: Config): PasswdFile[] {
  return blocksOfDriver(config, 'passwd-file').flatMap((block) => {
    const path =
      seriesOf(config.version) === '2.3'
        ? (/(?:^|\s)(\/.*)$/.exec(block.args.text)?.[1] ?? '')
        : (block.setting('passwd_file_path')?.text ?? '');
    return path === '' || path.includes('%') ? [] : [{ block, path }];
  });
}

const KNOWN = new WeakMap<Config, readonly Source[]>();

/** The text of each file that can be read, once each. */
export function readPasswdFiles(config: Config, files: FileProbe | null): readonly Source[] {
  const known = KNOWN.get(config);
  if (known !== undefined) return known;
  const sources = readAll(config, files);
  KNOWN.set(config, sources);
  return sources;
}

function readAll(config: Config, files: FileProbe | null): Source[] {
  const paths = new Set(passwdFiles(config).map(({ path }) => path));
  return [...paths].flatMap((path) => {
    const look = files?.look(path);
    return look?.kind === 'file' ? [new Source(path, look.read().toString('latin1'), look.realPath)] : [];
  });
}

export function* entriesOf(source: Source): Generator<PasswdEntry> {
  for (let line = 1; line <= source.lineStarts.length; line++) {
    const start = source.lineStarts[line - 1] ?? 0;
    const text = source.line(line);
    if (text === '' || text.startsWith('#') || text.startsWith(':')) continue;
    const fields = text.split(':');
    const [user = '', password = ''] = fields;
    const extra = fields.slice(7).join(':');
    const passwordStart = start + user.length + 1;
    const extraStart = start + text.length - extra.length;
    yield {
      user,
      password,
      passwordSpan: { start: passwordStart, end: passwordStart + password.length },
      extra,
      extraSpan: { start: extraStart, end: extraStart + extra.length },
    };
  }
}
