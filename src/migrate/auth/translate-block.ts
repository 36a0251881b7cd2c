import { type ByteString, toUtf8 } from '../../../grammar/bytes.js';
import type { Section, Setting, Statement } from '../../../grammar/dovecot-conf/tree.js';
import type { Place, Source } from '../../../grammar/source.js';
import type { PassdbBlock, UserdbBlock } from '../../config/effective.js';
import { translateStatements } from '../body.js';
import type { ChangeDraft, NewComment, NewStatement } from '../change.js';
import type { MigrationContext } from '../migration-context.js';
import { change, newSetting, type OldBlock } from './block-part.js';
import { driverPart, GONE } from './drivers.js';
import { fieldsOf, fieldsSection, mergedFields } from './fields.js';
import { blocksAround, isFirst, isLastPassdb } from './lists.js';
import { defaultFieldsOf, meaningChanges, noteWeakSchemes } from './meaning.js';
import { mechanismsOf } from './mechanisms.js';

/** A written `passdb { }` or `userdb { }`, with what Dovecot 2.3 makes of it (null: the block counts nowhere). */
export interface WrittenBlock<Block extends PassdbBlock | UserdbBlock> {
  readonly source: Source;
  readonly section: Section;
  readonly block: Block | null;
}

/** One `passdb { }` of 2.3 as 2.4 writes it: comments, blank lines and order kept, its external file folded in. */
export function translatePassdb(
  written: WrittenBlock<PassdbBlock>,
  context: MigrationContext,
): readonly NewStatement[] {
  return translateBlock('passdb', written, context);
}

/** One `userdb { }` of 2.3 as 2.4 writes it. */
export function translateUserdb(
  written: WrittenBlock<UserdbBlock>,
  context: MigrationContext,
): readonly NewStatement[] {
  return translateBlock('userdb', written, context);
}

function translateBlock(
  kind: 'passdb' | 'userdb',
  { source, section, block }: WrittenBlock<PassdbBlock | UserdbBlock>,
  context: MigrationContext,
): readonly NewStatement[] {
  const settings = settingsOf(section.body);
  const text = (key: string): ByteString => settings.get(key)?.value.text ?? '';
  const head: Place = { source, span: section.headSpan };
  const driver = block?.driver ?? text('driver');
  const gone = GONE[driver];
  if (driver === '' || gone !== undefined) return removed(source, section, driver, gone);
  const argsNode = settings.get('args');
  const old: OldBlock = {
    kind,
    driver,
    args: block?.args.text ?? text('args'),
    place: argsNode === undefined ? head : placeOf(source, argsNode),
    block,
    list: blocksAround(kind, block, context.config),
    context,
    source,
  };
  const part = driverPart(old);
  const fields = mergedFields(
    {
      own: part.fields,
      defaults: defaultFieldsOf(
        old,
        fieldsOf(kind, text('default_fields'), placeFor(source, settings, 'default_fields', head)),
      ),
      overrides: fieldsOf(kind, text('override_fields'), placeFor(source, settings, 'override_fields', head)),
    },
    { row: part.row, mayBeSet: !isFirst(old) },
  );
  let fieldsWritten = fields.length === 0;
  const withFields = (place: Place): NewStatement[] => {
    if (fieldsWritten) return [];
    fieldsWritten = true;
    return [fieldsSection(fields, place)];
  };
  const wantedName = section.name ?? text('name');
  const name = context.names.unique(kind, usableName(wantedName || driver));
  const body = translateStatements(source, section.body, {
    setting(node, remark) {
      if (settings.get(node.key) !== node) return commented(source, node, 'a later line says something else');
      const place = placeOf(source, node);
      switch (node.key) {
        case 'args':
          return withRemark(
            [...part.statements, ...(part.fields.length > 0 ? withFields(place) : [])],
            remark,
          );
        case 'default_fields':
        case 'override_fields':
          return withRemark(withFields(place), remark);
        case 'name':
          return [];
        default:
          return withRemark(plainSetting(node, place, old), remark);
      }
    },
    section: () => [],
    include(node) {
      const reason = `What ${toUtf8(node.pattern)} says of this ${kind} is not translated: write it here.`;
      const place = { source, span: { start: node.span.start, end: node.patternSpan.end } };
      const text = `# 2.3 only: !include ${node.pattern}`;
      return [{ kind: 'comment', text, changes: [change('DV768', 'decide', reason, place)] }];
    },
  });
  const ends = [...(argsNode === undefined ? part.statements : []), ...withFields(head), ...part.pins];
  const changes = [
    ...(section.name === null || section.name !== name ? [nameChange(kind, name, head)] : []),
    ...meaningChanges(old, fields, head),
  ];
  noteWeakSchemes(old, head);
  return [
    {
      kind: 'section',
      key: kind,
      name,
      body: [...trimmed(body), ...ends],
      changes,
    },
  ];
}

/** Settings by key: of several the last one counts. */
function settingsOf(body: readonly Statement[]): ReadonlyMap<string, Setting> {
  return new Map(body.flatMap((node) => (node.kind === 'setting' ? [[node.key, node] as const] : [])));
}

function placeOf(source: Source, node: Setting): Place {
  return {
    source,
    span: { start: node.keySpan.start, end: Math.max(node.value.span.end, node.keySpan.end) },
  };
}

function placeFor(
  source: Source,
  settings: ReadonlyMap<string, Setting>,
  key: string,
  otherwise: Place,
): Place {
  const node = settings.get(key);
  return node === undefined ? otherwise : placeOf(source, node);
}

/** Dovecot 2.4.1 refuses names that begin with `__`. */
function usableName(name: ByteString): ByteString {
  return name.replace(/^_+/, '') || 'db';
}

function nameChange(kind: string, name: ByteString, place: Place): ChangeDraft {
  return change('DV765', 'exact', `2.4 wants a name for each ${kind}: this one is called ${name}.`, place);
}

function plainSetting(node: Setting, place: Place, old: OldBlock): NewStatement[] {
  const { key, value } = node;
  switch (key) {
    case 'mechanisms':
      return mechanismsOf(old, value.text, place);
    case 'pass': {
      if (!/^(?:yes|y|1)$/i.test(value.text)) return [];
      const reason = 'pass = yes is result_success = continue.';
      return [newSetting('result_success', 'continue', [change('DV777', 'exact', reason, place)])];
    }
    case 'auth_verbose':
      return value.text === 'default' ? [] : [newSetting(key, value.text)];
    case 'result_success':
      if (value.text !== 'continue' || !isLastPassdb(old)) return [newSetting(key, value.text)];
      return [newSetting(key, old.context.answer(LAST_QUESTION), [lastRuleChange(place)])];
    default:
      return [newSetting(key, value.text)];
  }
}

const LAST_QUESTION = {
  key: 'DV777/last-passdb',
  text: 'Nothing follows this passdb, whose right password does not end the login: every login fails in 2.3. What should a right password do?',
  choices: [
    { name: 'return', meaning: 'as in 2.3: the login fails unless an earlier passdb accepted it' },
    { name: 'return-ok', meaning: 'the login succeeds' },
  ],
  default: 'return',
} as const;

function lastRuleChange(place: Place): ChangeDraft {
  const reason =
    '2.4 refuses result_success = continue in the last passdb. return means the same there: the result of the passdbs before decides.';
  return change('DV777', 'decide', reason, place, LAST_QUESTION);
}

/** A block whose driver 2.4 does not have, as a comment. */
function removed(
  source: Source,
  section: Section,
  driver: ByteString,
  instead: string | undefined,
): readonly NewStatement[] {
  const reason =
    instead === undefined
      ? 'The block has no driver: Dovecot 2.3 does not start with it.'
      : `2.4 has no driver ${driver}: ${instead}.`;
  const text = source.text.slice(section.keySpan.start, section.span.end).trimEnd();
  const change1 = change('DV776', 'decide', reason, { source, span: section.headSpan });
  return [
    { kind: 'comment', text: `# 2.3 only: ${reason}`, changes: [change1] },
    ...text.split('\n').map((line): NewComment => ({ kind: 'comment', text: `#${line.trimEnd()}` })),
  ];
}

function commented(source: Source, node: Setting, why: string): NewStatement[] {
  const text = source.text.slice(node.keySpan.start, node.span.end).trimEnd();
  return [
    { kind: 'comment', text: `# 2.3 only: ${why}` },
    ...text.split('\n').map((line): NewComment => ({ kind: 'comment', text: `#${line.trimEnd()}` })),
  ];
}

function withRemark(statements: readonly NewStatement[], remark: ByteString): readonly NewStatement[] {
  if (remark === '') return statements;
  const [first, ...rest] = statements;
  if (first?.kind === 'setting' && first.remark === undefined) return [{ ...first, remark }, ...rest];
  return [{ kind: 'comment', text: remark }, ...statements];
}

/** Without blank lines at the end. */
function trimmed(statements: readonly NewStatement[]): readonly NewStatement[] {
  const last = statements.findLastIndex(({ kind }) => kind !== 'blank');
  return statements.slice(0, last + 1);
}
