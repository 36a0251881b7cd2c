import { type ByteString, toUtf8 } from '../../../grammar/bytes.js';
import type { Place } from '../../../grammar/source.js';
import { invalidValueMessage, lenientReading } from './invalid-value.js';
import type { SectionNode } from './layer.js';
import type { ProblemLog } from './problem-log.js';
import type { ValueSetting } from './settings-table.js';
import { checkValue } from './value-type.js';

/** A value on its way to its setting. */
export interface NewValue {
  readonly text: ByteString;
  readonly expanded: ByteString;
  readonly file: ByteString | null;
}

export function plain(text: ByteString): NewValue {
  return { text, expanded: text, file: null };
}

/** Sets a value if its type takes it; false: Dovecot refuses it. */
export function storeValue(
  node: SectionNode,
  definition: ValueSetting,
  value: NewValue,
  written: { readonly span: Place['span'] } | null,
  log: ProblemLog,
  lenient: boolean,
): boolean {
  const checked = checkValue(definition, value.text);
  const { name } = definition;
  if (checked.ok) {
    const isText = definition.type === 'str' || definition.type === 'str_vars';
    node.values.set(name, {
      text: checked.text,
      expanded: isText ? value.expanded : checked.text,
      file: value.file,
      origin: log.origin,
    });
    return true;
  }
  const expanded = checkValue(definition, value.expanded);
  const problem = log.fail(
    checked.kind,
    checked.error,
    written === null ? log.keyPlace : { source: log.source, span: written.span },
    invalidValueMessage(definition, value.text),
    { name, value: value.text, ...(node.table.path === '' ? {} : { section: node.table.path }) },
  );
  if (!lenient) return false;
  const reading = expanded.ok ? expanded.text : lenientReading(node, definition, value.text);
  log.readings.push({
    problem,
    text: `${name} = ${toUtf8(value.text)} is read as ${toUtf8(reading)}`,
  });
  node.values.set(name, { text: reading, expanded: reading, file: null, origin: log.origin });
  return true;
}
