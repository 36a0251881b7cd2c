import { type ByteString, toUtf8 } from '../../../grammar/bytes.js';
import type { LookupContext, LookupOutcome, Row, RowField } from '../../auth/driver.js';
import type { UserdbOutcome } from '../../auth/userdb-driver.js';
import type { Series } from '../../knowledge/versions.js';
import {
  type RecordedLookup,
  type RecordedText,
  recordedFields,
  recordedLog,
  recordedQueries,
  recordedText,
} from './format.js';
import { columnValues } from './row-columns.js';
import { hashed, Secrets } from './secrets.js';

export type Recorded = { -readonly [Key in keyof RecordedLookup]: RecordedLookup[Key] };

/** What was asked, and how much of it may be written down. */
export interface Asked {
  readonly context: LookupContext;
  readonly series: Series;
  readonly withSecrets: boolean;
  /** The query or filter; null: the user's name is all. */
  readonly question: ByteString | null;
  /** The answer depends on the client's password. */
  readonly isOwn: boolean;
}

/** What is written down, and what takes the place of a value there. */
export interface Kept {
  readonly entry: Recorded;
  value(text: ByteString): ByteString;
}

/** What a passdb answered, as it is written down. */
export async function recordedPassdb(outcome: LookupOutcome, asked: Asked): Promise<Kept> {
  const { password } = asked.context.request;
  const secrets = secretsOf(asked, outcome.kind === 'found' ? outcome.defaultScheme : 'PLAIN');
  const entry = await recordedOutcome(outcome, asked, secrets);
  if (asked.question !== null) entry.question = recordedText(asked.question);
  if (asked.isOwn && password !== null)
    entry.password = toUtf8(asked.withSecrets ? `{PLAIN}${password}` : hashed(password));
  switch (outcome.kind) {
    case 'found': {
      entry.scheme = recordedText(outcome.defaultScheme);
      if (outcome.verified !== undefined) entry.verified = outcome.verified;
      if (outcome.mismatchText !== undefined) entry.mismatch_text = recordedText(outcome.mismatchText);
      if (outcome.fieldsMayFail === true) entry.fields_may_fail = true;
      const { compares } = outcome;
      const first = outcome.fields.find(([name]) => name === 'password')?.[1];
      if (compares === null) entry.compares = null;
      else if (compares === first && compares !== undefined) entry.compares = true;
      else if (compares !== undefined)
        entry.compares = recordedText(secrets === null ? compares : await secrets.stored(compares));
      break;
    }
    case 'unknown':
      if (outcome.silent === true) entry.silent = true;
      break;
    case 'internal':
      if (outcome.unreachable !== undefined) entry.unreachable = outcome.unreachable;
      break;
    case 'disabled':
    case 'expired':
      break;
  }
  return { entry, value: (text) => secrets?.value(text) ?? text };
}

export async function recordedUserdb(outcome: UserdbOutcome, asked: Asked): Promise<Kept> {
  const secrets = secretsOf(asked, 'PLAIN');
  const entry = await recordedOutcome(outcome, asked, secrets);
  if (outcome.kind === 'found' && outcome.hasGidList === true) entry.has_gid_list = true;
  return { entry, value: (text) => secrets?.value(text) ?? text };
}

function secretsOf({ context, series, withSecrets }: Asked, defaultScheme: ByteString): Secrets | null {
  if (withSecrets) return null;
  const { request, settings, user } = context;
  return new Secrets({
    series,
    password: request.password,
    user,
    allowWeakSchemes: settings.allowWeakSchemes,
    defaultScheme,
  });
}

/** What passdbs and userdbs have in common. */
async function recordedOutcome(
  outcome: LookupOutcome | UserdbOutcome,
  { context, question }: Asked,
  secrets: Secrets | null,
): Promise<Recorded> {
  const { user, request } = context;
  const fields: RowField[] = [];
  for (const field of 'fields' in outcome ? (outcome.fields ?? []) : [])
    fields.push(secrets === null ? field : await secrets.field(field));
  const { queries = [], log = [] } = outcome;
  const text = (value: ByteString) => secrets?.text(value) ?? value;
  const shown = queries.map((query) => ({ ...query, text: text(query.text) }));
  const row = outcome.kind === 'found' ? outcome.row : undefined;
  return {
    user: recordedText(user),
    service: recordedText(request.protocol),
    answer: outcome.kind === 'internal' ? 'internal_failure' : outcome.kind,
    ...(fields.length === 0 ? {} : { fields: recordedFields(fields) }),
    ...(row === undefined ? {} : { row: await recordedRow(row, fields, secrets) }),
    ...(queries.length === 0 ? {} : { queries: recordedQueries(shown, question) }),
    ...(log.length === 0
      ? {}
      : { log: recordedLog(log.map((line) => ({ ...line, text: text(line.text) }))) }),
  };
}

/** Columns that the fields say already are left out: whoever edits the file edits one place. */
async function recordedRow(row: Row, fields: readonly RowField[], secrets: Secrets | null) {
  const known = columnValues(fields);
  const columns: Record<string, RecordedText> = {};
  for (const [name, value] of row.columns) {
    const [, own] = secrets === null ? [name, value] : await secrets.field([name, value]);
    if (own !== null && known.get(name) !== own) columns[toUtf8(name)] = recordedText(own);
  }
  return { prefix: row.prefix, ...(Object.keys(columns).length === 0 ? {} : { columns }) };
}
