import { type ByteString, toUtf8 } from '../../../grammar/bytes.js';
import { parseConfExt } from '../../../grammar/conf-ext/parser.js';
import type { Section, Setting } from '../../../grammar/dovecot-conf/tree.js';
import type { Place, Source } from '../../../grammar/source.js';
import type { ExtFile, ExtKind } from '../../config/ext-file.js';
import { translateStatements } from '../body.js';
import type { NewComment, NewStatement } from '../change.js';
import type { MigrationContext } from '../migration-context.js';
import { newIncludePattern } from '../new-paths.js';
import { change, type OldBlock } from './block-part.js';

/** One `key = value` of an external file. */
export interface ExtSetting {
  readonly key: ByteString;
  readonly value: ByteString;
  /** The value as it is written, continued lines included; null where its lines do not simply go on. */
  readonly layout: ByteString | null;
  readonly place: Place;
}

/** What the keys of a kind of file become. */
export interface ExtTranslator {
  setting(one: ExtSetting, file: ExtFile): readonly NewStatement[];
  section?(node: Section, source: Source): readonly NewStatement[];
}

/** The external file that a block names; null: it cannot be read. */
export function extFileOf({ args, context }: OldBlock, kind: ExtKind): ExtFile | null {
  const file = context.config.extFile(args, kind);
  return file.sources.length === 0 ? null : file;
}

const added = new WeakMap<MigrationContext, Set<string>>();

/** The line that reads the file in the place of the args; the file itself is translated once. */
export function included(old: OldBlock, file: ExtFile, translator: ExtTranslator): NewStatement {
  const { context, place } = old;
  const done = added.get(context) ?? new Set<string>();
  added.set(context, done);
  for (const source of file.sources) {
    if (done.has(source.path)) continue;
    done.add(source.path);
    context.addFile({ source, statements: translated(file, source, translator) });
  }
  const reason =
    'The file is read as a part of this section: its settings have the names of 2.4, its secrets stay in a file of their own.';
  return {
    kind: 'include',
    pattern: newIncludePattern(file.path, old.source, context.config.main, true),
    optional: false,
    files: file.sources.slice(0, 1).map(({ path }) => path),
    changes: [change('DV768', 'exact', reason, place)],
  };
}

/** Nothing can be said of a file that is not there. */
export function unreadable({ args, place, driver }: OldBlock): NewStatement {
  const reason = `${toUtf8(args)} cannot be read, so its settings are missing here: 2.4 has no external file for ${driver}.`;
  return {
    kind: 'comment',
    text: `# 2.3 only: ${reason}`,
    changes: [change('DV786', 'decide', reason, place)],
  };
}

function translated(file: ExtFile, source: Source, translator: ExtTranslator): NewStatement[] {
  return translateStatements(source, parseConfExt(source).statements, {
    setting: (node, remark) => {
      const one = settingOf(source, node);
      const statements = isInForce(file, source, node) ? translator.setting(one, file) : replaced(one);
      const [last] = statements.slice(-1);
      if (remark === '' || last === undefined) return statements;
      return last.kind === 'setting'
        ? [...statements.slice(0, -1), { ...last, remark }]
        : [...statements, { kind: 'comment', text: remark }];
    },
    section: (node) => translator.section?.(node, source) ?? [],
    include: (node) => [{ kind: 'include', pattern: node.pattern, optional: node.optional, files: [] }],
  });
}

function settingOf(source: Source, node: Setting): ExtSetting {
  const { value, keySpan } = node;
  const raw = source.text.slice(value.span.start, value.span.end);
  const joined = raw.replaceAll(/[ \t]*\\\r?\n[ \t]*/g, ' ');
  return {
    key: node.key,
    value: value.text,
    layout: raw.includes('\n') && value.form === 'text' && joined === value.text ? raw : null,
    place: { source, span: { start: keySpan.start, end: Math.max(value.span.end, keySpan.end) } },
  };
}

/** The last assignment of a key counts. */
function isInForce(file: ExtFile, source: Source, node: Setting): boolean {
  const origin = file.values.get(node.key)?.origin;
  return origin == null || (origin.source === source ? origin.line === node.line : false);
}

function replaced({ place }: ExtSetting): readonly NewComment[] {
  return asComment(place, 'a later line of the file says something else');
}

/** A setting without a place in 2.4, as a comment with the reason. */
export function asComment(
  place: Place,
  why: string,
  changes: NewComment['changes'] = [],
): readonly NewComment[] {
  const text = place.source.text.slice(place.span.start, place.span.end);
  return [
    { kind: 'comment', text: `# 2.3 only: ${why}`, ...(changes.length === 0 ? {} : { changes }) },
    ...text.split('\n').map((line): NewComment => ({ kind: 'comment', text: `#${line.trimEnd()}` })),
  ];
}
