import { posix } from 'node:path';
import type { ByteString } from '../../grammar/bytes.js';
import type { Setting } from '../../grammar/dovecot-conf/tree.js';
import type { Source } from '../../grammar/source.js';
import type { Config } from '../config/config.js';
import { globPattern } from '../config/glob-pattern.js';
import type { NewStatement } from './change.js';
import { ConfigWalk, type Glob } from './config-walk.js';
import { FileTranslator } from './file-translator.js';
import type { Frame } from './old-setting.js';
import { Translation } from './translation.js';
import { writtenName, writtenValue } from './value-text.js';

const TRANSLATIONS = new WeakMap<Config, Translation>();

/** What one setting of 2.3 is in 2.4, in a configuration of either version: the knowledge of `migrate` for `check`. */
export function translateSetting(
  config: Config,
  source: Source,
  node: Setting,
  frames: readonly Frame[],
): readonly NewStatement[] {
  const known = TRANSLATIONS.get(config);
  const t =
    known ??
    new Translation({
      config,
      target: '2.4.1',
      walk: new ConfigWalk(config, amongTrees(config)),
      answers: new Map(),
      source: { source: unreadable },
    });
  if (known === undefined) TRANSLATIONS.set(config, t);
  return new FileTranslator(t).setting(source, node, '', frames);
}

/** The files that were read already. */
function amongTrees({ trees }: Config): Glob {
  const paths = [...new Set(trees.map(({ source }) => source.path))];
  return (pattern) => {
    const matcher = globPattern(posix.basename(pattern));
    return paths.filter((path) => {
      if (posix.dirname(path) !== posix.dirname(pattern)) return false;
      const name = posix.basename(path);
      return typeof matcher === 'string' ? name === matcher : matcher.test(name);
    });
  };
}

function unreadable(path: ByteString): never {
  throw new Error(`${path} is not read here`);
}

/** Statements on one line each, as a message shows them: `name = value`, `section name { a = b ; c = d }`; no comments. */
export function onOneLine(statements: readonly NewStatement[]): ByteString[] {
  return statements.flatMap((statement) => linesOf(statement));
}

function linesOf(statement: NewStatement): readonly ByteString[] {
  switch (statement.kind) {
    case 'setting': {
      const value = statement.form === 'raw' ? statement.value : writtenValue(statement.value);
      return [`${statement.key} = ${value}`.trimEnd()];
    }
    case 'section': {
      const name = statement.name === null ? '' : ` ${writtenName(statement.name)}`;
      return [`${statement.key}${name} { ${onOneLine(statement.body).join(' ; ')} }`];
    }
    case 'group':
      return onOneLine(statement.statements);
    case 'include':
    case 'comment':
    case 'blank':
      return [];
  }
}
