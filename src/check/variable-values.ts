import type { Place } from '../../grammar/source.js';
import type { Config } from '../config/config.js';
import { seriesOf } from '../knowledge/versions.js';
import { inspectTemplate, type TemplateInspection, type TemplateProblemKind } from '../variables/inspect.js';
import type { Fix } from './diagnostic.js';
import { extFileUses } from './ext-files.js';
import type { Finding } from './rule.js';
import { settingsBeside, valuePlace } from './statements.js';
import { placeIn, type ValueText, valueText } from './value-text.js';

export interface ValueWithVariables extends TemplateInspection {
  /** The setting's name as written. */
  readonly name: string;
  readonly value: ValueText;
  readonly isSqlQuery: boolean;
  /** The auth process expands it, with its own variables. */
  readonly isOfAuth: boolean;
}

// Percent signs of these are strftime's, or of a language of their own.
const NOT_VARIABLES = /(?:timestamp|_date|time_format)$/;
const OF_AUTH_23 = /^(?:default_fields|override_fields|auth_username_format|user_name_format)$/;
const OF_AUTH_24 =
  /^(?:auth_username_format|passwd_file_path|(?:passdb|userdb)_.*(?:query|filter|userdn|base))$/;
const EXT_OF_AUTH = /_query$|^(?:pass|user|iterate)_filter$|^base$|^auth_bind_userdn$/;

const KNOWN = new WeakMap<Config, ValueWithVariables[]>();

/** Values with a `%` that Dovecot expands, in the main files and the database files. */
export function valuesWithVariables(config: Config): readonly ValueWithVariables[] {
  const known = KNOWN.get(config);
  if (known !== undefined) return known;
  const series = seriesOf(config.version);
  const found: ValueWithVariables[] = [];
  const add = (name: string, value: ValueText, isSqlQuery: boolean, isOfAuth: boolean) =>
    found.push({ name, value, isSqlQuery, isOfAuth, ...inspectTemplate(series, value.text) });
  for (const setting of settingsBeside(config, '%')) {
    const { key, value } = setting.node;
    if (!value.text.includes('%') || value.form === 'file' || NOT_VARIABLES.test(key)) continue;
    const section = setting.path.at(-1);
    const isFields = section?.key === 'fields' && /^(?:passdb|userdb)$/.test(setting.path.at(-2)?.key ?? '');
    const isQuery =
      /(?:^|_)query$/.test(key) && section !== undefined && /^(?:passdb|userdb)$/.test(section.key);
    const isOfAuth = series === '2.3' ? OF_AUTH_23.test(key) : isFields || isQuery || OF_AUTH_24.test(key);
    add(key, valueText(valuePlace(setting)), isQuery, isOfAuth);
  }
  for (const { ext } of extFileUses(config)) {
    for (const [name, { text, origin }] of ext.values) {
      if (origin === null || !text.includes('%')) continue;
      add(name, valueText(origin), ext.kind === 'sql' && /_query$/.test(name), EXT_OF_AUTH.test(name));
    }
  }
  KNOWN.set(config, found);
  return found;
}

/** What inspection found of some kinds, as findings. */
export function templateFindings(
  config: Config,
  kinds: readonly TemplateProblemKind[],
  word: (
    problem: { text: string; message: string; suggestion: string | null; place: Place },
    at: ValueWithVariables,
  ) => Omit<Finding, 'place'>,
): Finding[] {
  return valuesWithVariables(config).flatMap((at) =>
    at.problems
      .filter(({ kind }) => kinds.includes(kind))
      .map(({ span, message, suggestion }) => {
        const text = at.value.text.slice(span.start, span.end);
        const place = placeIn(at.value, span);
        return { place, ...word({ text, message, suggestion, place }, at) };
      }),
  );
}

/** The suggested text in place of a variable; safe where the value is one that must be expanded to work at all. */
export function replacement(place: Place, suggestion: string | null, safe: boolean): Fix[] {
  if (suggestion === null) return [];
  const title = suggestion === '' ? 'Remove it' : `Write ${suggestion}`;
  return [{ title, safe, edits: [{ place, text: suggestion }] }];
}
