import type { ByteString } from '../../../grammar/bytes.js';
import type { ConfValue } from '../../../grammar/dovecot-conf/tree.js';
import type { Source } from '../../../grammar/source.js';
import { errnoText } from '../errno-text.js';
import type { ConfigHost } from '../host.js';
import { resolvePath } from '../load-input.js';
import { type Builder, type OpenSection, Refused } from './builder.js';
import { lateValue } from './late-references.js';
import type { SettingDefinition, SettingsTable } from './settings-table.js';

/** What reading needs of the machine. */
export interface ExpansionHost extends Pick<ConfigHost, 'environment' | 'lookUp'> {
  readFile(path: string): ByteString;
}

/** Text of a value as the settings get it: files and variables are replaced where the reading says so. */
export function statementValue(
  builder: Builder,
  host: ExpansionHost,
  source: Source,
  key: ByteString,
  keyInList: ByteString,
  value: ConfValue,
): ByteString {
  switch (value.form) {
    case 'text':
    case 'quoted':
      return value.text;
    case 'file':
      return builder.mode.expand ? fileText(host, source, keyInList, value.text) : `<${value.text}`;
    case 'variable': {
      if (!builder.rules.looksUpLate) return expandWords(builder, host, key, value.text);
      const { environment } = host;
      const { text, isReference } = lateValue(builder, environment, key, value.text, builder.mode.expand);
      builder.isReference = isReference;
      return text;
    }
    case 'heredoc': {
      const end = value.text.indexOf('\n');
      builder.marker = value.text.slice(0, end);
      return value.text.slice(end + 1);
    }
  }
}

function fileText(host: ExpansionHost, source: Source, key: ByteString, file: ByteString): ByteString {
  const path = resolvePath(file, source);
  try {
    return host.readFile(path);
  } catch (error) {
    const text = errnoText(error);
    throw new Refused(
      'include-unreadable',
      text === 'Is a directory'
        ? `${key}: read(${path}) failed: ${text}`
        : `${key}: Can't open file ${path}: ${text}`,
    );
  }
}

/** Words separated by blanks; `$SET:key` inside `key` itself is always expanded. Dovecot 2.4.1 config-parser.c. */
function expandWords(builder: Builder, host: ExpansionHost, key: ByteString, text: ByteString): ByteString {
  const words = text.split(/ [\t\n\v\f\r ]*/);
  return words.map((word) => expandWord(builder, host, key, word)).join(' ');
}

function expandWord(builder: Builder, host: ExpansionHost, key: ByteString, word: ByteString): ByteString {
  const name = word.startsWith('$SET:') ? word.slice('$SET:'.length) : null;
  const isSelf = name !== null && name === key;
  if (!builder.mode.expand && !isSelf) return word;
  if (word.startsWith('$ENV:')) return host.environment[word.slice('$ENV:'.length)] ?? '';
  return name === null ? word : settingText(builder.section, name, isSelf);
}

/** `$SET:name` at a section: the value set there (of its own name: or around it), else the built-in one. */
export function settingText(section: OpenSection, name: ByteString, isSelf: boolean): ByteString {
  const definition = section.filter.table.findSettingOfKey(name);
  if (definition === undefined || name.includes('/'))
    throw new Refused('unknown-variable', `Unknown setting: ${name}`);
  if (['strlist', 'boollist', 'filter', 'list_filter'].includes(definition.type))
    throw new Refused(
      'unknown-variable',
      `Failed to expand $SET:${name}: Setting type can't be expanded to string`,
    );
  for (let at: OpenSection | null = section; at !== null; at = isSelf ? at.parent : null) {
    const stored = at.filter.values.get(definition.name);
    if (stored?.kind === 'text') return stored.text;
  }
  return defaultText(section.filter.table, definition);
}

function defaultText(table: SettingsTable, definition: SettingDefinition): ByteString {
  const member = table.leadingStruct(definition)?.members.find((entry) => entry.name === definition.name);
  return (member ?? definition).rawText;
}
