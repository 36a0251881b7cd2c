import type { Config } from '../config/config.js';
import { extFileUses } from './ext-files.js';
import { valuePlace, writtenSettings } from './statements.js';
import { type ValueText, valueText } from './value-text.js';

export interface ValueWithVariables {
  /** The setting's name as written. */
  readonly name: string;
  readonly value: ValueText;
  readonly isSqlQuery: boolean;
}

/** Values with a `%`, in the main files and the database files. */
export function valuesWithVariables(config: Config): ValueWithVariables[] {
  const found: ValueWithVariables[] = [];
  for (const setting of writtenSettings(config)) {
    if (!setting.node.value.text.includes('%')) continue;
    const value = valueText(valuePlace(setting));
    found.push({ name: setting.node.key, value, isSqlQuery: /(?:^|_)query$/.test(setting.node.key) });
  }
  for (const { ext } of extFileUses(config)) {
    for (const [name, { text, origin }] of ext.values) {
      if (origin === null || !text.includes('%')) continue;
      found.push({ name, value: valueText(origin), isSqlQuery: ext.kind === 'sql' && /_query$/.test(name) });
    }
  }
  return found;
}
