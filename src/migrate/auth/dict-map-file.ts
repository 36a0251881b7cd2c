import { type ByteString, toUtf8 } from '../../../grammar/bytes.js';
import { parseConfExt } from '../../../grammar/conf-ext/parser.js';
import type { Section, Setting } from '../../../grammar/dovecot-conf/tree.js';
import type { Place, Source } from '../../../grammar/source.js';
import { translateStatements } from '../body.js';
import type { ChangeDraft, NewStatement } from '../change.js';
import { isPackaged } from '../config-walk.js';
import type { MigrationContext } from '../migration-context.js';
import { newIncludePattern } from '../new-paths.js';
import { writtenKey } from '../value-text.js';
import { change } from './block-part.js';
import { connectStatements } from './connect-string.js';
import { asComment } from './ext-file.js';

const translated = new WeakMap<MigrationContext, Set<string>>();

/**
 * What stands inside `dict NAME { }` of the dict server in place of `mysql:PATH`, `pgsql:PATH`, `sqlite:PATH` of 2.3: the
 * driver, and the file itself with its maps in the words of 2.4.
 */
export function translateDictMapFile(
  driver: ByteString,
  path: ByteString,
  place: Place,
  context: MigrationContext,
): readonly NewStatement[] {
  if (driver === 'ldap') {
    const reason = `Maps of LDAP have other settings in 2.4 (dict_map PATTERN { ldap_filter, value }): write ${toUtf8(path)} anew here.`;
    return [
      setting('driver', 'ldap'),
      { kind: 'comment', text: `# ldap:${path}`, changes: [change('DV729', 'decide', reason, place)] },
    ];
  }
  const head = [setting('driver', 'sql'), setting('sql_driver', driver)];
  const source = isPackaged(path) ? null : context.readSource(toUtf8(path));
  if (source === null) {
    const reason = `${toUtf8(path)} cannot be read, so its maps are missing here.`;
    return [
      ...head,
      { kind: 'comment', text: `# ${path}`, changes: [change('DV729', 'decide', reason, place)] },
    ];
  }
  const done = translated.get(context) ?? new Set<string>();
  translated.set(context, done);
  if (!done.has(source.path)) {
    done.add(source.path);
    context.addFile({ source, statements: fileStatements(driver, source) });
  }
  const reason = 'The file is read as a part of this section: its settings have the names of 2.4.';
  return [
    ...head,
    {
      kind: 'include',
      pattern: newIncludePattern(path, place.source, context.config.main, true),
      optional: false,
      files: [source.path],
      changes: [change('DV729', 'exact', reason, place)],
    },
  ];
}

function setting(key: ByteString, value: ByteString, changes: readonly ChangeDraft[] = []): NewStatement {
  return { kind: 'setting', key, value, ...(changes.length === 0 ? {} : { changes }) };
}

function fileStatements(driver: ByteString, source: Source): readonly NewStatement[] {
  return translateStatements(source, parseConfExt(source).statements, {
    setting: (node) => {
      const place = placeOf(source, node.keySpan.start, node.value.span.end);
      if (node.key === 'connect') return connectStatements(driver, node.value.text, place);
      return asComment(place, '2.4 has no such setting');
    },
    section: (node) => (node.key === 'map' ? [mapStatement(node, source)] : []),
    include: (node) => [{ kind: 'include', pattern: node.pattern, optional: node.optional, files: [] }],
  });
}

/** One `map { }` (Dovecot 2.3.19.1 dict-sql-settings.c). */
function mapStatement(node: Section, source: Source): NewStatement {
  const read = (key: string): ByteString => {
    const found = node.body.findLast((one): one is Setting => one.kind === 'setting' && one.key === key);
    return found?.value.text ?? '';
  };
  const types = read('value_type').split(',');
  const isBlob = /^yes$/i.test(read('value_hexblob'));
  const body: NewStatement[] = [setting('sql_table', read('table'))];
  if (read('username_field') !== '') body.push(setting('username_field', read('username_field')));
  for (const [at, name] of read('value_field').split(',').entries()) {
    const type = isBlob ? 'hexblob' : (types[at] ?? '').trim();
    body.push({
      kind: 'section',
      key: 'value_field',
      name: name.trim(),
      body: type === '' || type === 'string' ? [] : [setting('type', type)],
    });
  }
  for (const inside of node.body) {
    if (inside.kind !== 'section' || inside.key !== 'fields') continue;
    for (const field of inside.body) if (field.kind === 'setting') body.push(keyField(field));
  }
  const reason = 'A map is a section with its pattern as the name in 2.4.';
  const place = placeOf(source, node.keySpan.start, node.headSpan.end);
  return {
    kind: 'section',
    key: 'dict_map',
    name: read('pattern'),
    body,
    changes: [change('DV787', 'exact', reason, place)],
  };
}

/** `username = $user`, `id = ${uint:$id}`. */
function keyField({ key, value }: Setting): NewStatement {
  const [, type, variable] = /^\$\{(\w+):(.*)\}$/.exec(value.text) ?? [];
  return {
    kind: 'section',
    key: 'key_field',
    name: writtenKey(key),
    body: [setting('value', variable ?? value.text), ...(type === undefined ? [] : [setting('type', type)])],
  };
}

function placeOf(source: Source, start: number, end: number): Place {
  const text = source.text.slice(start, Math.max(start, end));
  return { source, span: { start, end: start + text.trimEnd().length } };
}
