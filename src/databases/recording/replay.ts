import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { type ByteString, fromUtf8, toUtf8 } from '../../../grammar/bytes.js';
import type { LookupContext, LookupOutcome, PassdbDriver, Row, RowField } from '../../auth/driver.js';
import type { UserdbDriver, UserdbOutcome } from '../../auth/userdb-driver.js';
import type { DatabaseBlock, PassdbBlock, UserdbBlock } from '../../config/effective.js';
import { verifyPassword } from '../../passwords/verify-password.js';
import type { Provider } from '../../variables/scope.js';
import { FixtureError } from '../fixture/fixture-error.js';
import {
  fieldsOf,
  logOf,
  RECORDING_VERSION,
  type RecordedBlock,
  type RecordedLookup,
  type RecordedRow,
  type Recording,
  textOf,
} from './format.js';
import { questionText } from './question-text.js';
import { columnValues } from './row-columns.js';

/** Recordings that answer instead of databases. Throws FixtureError for a file that is none. */
export class Replay {
  readonly #recordings: readonly { readonly path: string; readonly recording: Recording }[];

  private constructor(recordings: readonly { path: string; recording: Recording }[]) {
    this.#recordings = recordings;
  }

  static async read(paths: readonly string[]): Promise<Replay> {
    const { parse } = await import('yaml');
    return new Replay(
      paths.map((path) => {
        let content: unknown;
        try {
          content = parse(readFileSync(path, 'utf8'));
        } catch (error) {
          throw new FixtureError(`${path}: ${error instanceof Error ? error.message : String(error)}`);
        }
        return { path, recording: recordingOf(path, content) };
      }),
    );
  }

  /** The block's driver as `own` would be, with recorded answers; `own` is never asked. */
  passdb(block: PassdbBlock, own: PassdbDriver): PassdbDriver {
    const found = this.#find('passdbs', block);
    return {
      name: own.name,
      canLookupCredentials: own.canLookupCredentials,
      ...(own.blocking === undefined ? {} : { blocking: own.blocking }),
      ...(own.cacheKeyTemplates === undefined ? {} : { cacheKeyTemplates: own.cacheKeyTemplates }),
      close: () => own.close(),
      lookup: async (context) => {
        const question = questionText(own, context);
        const alike = found.lookups.filter((each) =>
          question === null
            ? isAbout(each, context)
            : each.question !== undefined && textOf(each.question) === question,
        );
        return (await answerOf(alike, context)) ?? this.#missing(block, context);
      },
    };
  }

  userdb(block: UserdbBlock, own: UserdbDriver): UserdbDriver {
    const found = this.#find('userdbs', block);
    return {
      name: own.name,
      ...(own.blocking === undefined ? {} : { blocking: own.blocking }),
      close: () => own.close(),
      lookup: async (context) => {
        const entry = found.lookups.find((each) => isAbout(each, context));
        return entry === undefined ? this.#missing(block, context) : userdbOutcome(entry);
      },
      async *iterate() {
        for (const name of new Set(found.lookups.map(({ user }) => textOf(user)))) yield name;
      },
    };
  }

  /** By name where there is one, else by position. */
  #find(kind: 'passdbs' | 'userdbs', { name, driver, index }: DatabaseBlock): Pick<RecordedBlock, 'lookups'> {
    const lookups = this.#recordings.flatMap(({ recording }) =>
      recording[kind]
        .filter((each) => each.driver === toUtf8(driver))
        .filter((each) => (name === '' ? each.index === index : each.name === toUtf8(name)))
        .flatMap((each) => each.lookups),
    );
    return { lookups };
  }

  #missing(block: DatabaseBlock, { user }: LookupContext) {
    const host = `recording ${this.#recordings.map(({ path }) => basename(path)).join(', ')}`;
    const what = `${block.driver}${block.name === '' ? '' : ` ${block.name}`}`;
    const reason = `it holds no answer of ${what} for ${user}`;
    return {
      kind: 'internal',
      log: [{ level: 'error', text: `${host}: ${reason}` }],
      unreachable: { host, reason: toUtf8(reason) },
    } as const;
  }
}

const ANSWERS: readonly unknown[] = [
  'found',
  'unknown',
  'internal_failure',
  'disabled',
  'expired',
] satisfies RecordedLookup['answer'][];

function recordingOf(path: string, content: unknown): Recording {
  const wrong = (expected: string) => new FixtureError(`${path}: expected ${expected}`);
  if (!isMembers(content) || content['dvproxy_recording'] !== RECORDING_VERSION)
    throw wrong(`dvproxy_recording: ${RECORDING_VERSION}`);
  const blocksOf = (kind: 'passdbs' | 'userdbs'): readonly RecordedBlock[] => {
    const blocks = content[kind] ?? [];
    if (!Array.isArray(blocks)) throw wrong(`a list under ${kind}:`);
    for (const block of blocks) {
      const lookups: unknown = isMembers(block) ? block['lookups'] : undefined;
      if (!Array.isArray(lookups)) throw wrong(`lookups: in each of ${kind}:`);
      for (const lookup of lookups) if (!isLookup(lookup)) throw wrong(LOOKUP);
    }
    return blocks;
  };
  return {
    dvproxy_recording: RECORDING_VERSION,
    dovecot: String(content['dovecot'] ?? ''),
    passdbs: blocksOf('passdbs'),
    userdbs: blocksOf('userdbs'),
  };
}

const LOOKUP = `user:, answer: (${ANSWERS.join(', ')}) and fields: as a list of NAME: VALUE in each of lookups:`;

function isLookup(lookup: unknown): boolean {
  if (!isMembers(lookup) || !ANSWERS.includes(lookup['answer'])) return false;
  const fields = lookup['fields'] ?? [];
  return lookup['user'] !== undefined && Array.isArray(fields) && fields.every(isMembers);
}

function isMembers(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isAbout({ user, service }: RecordedLookup, context: LookupContext): boolean {
  if (textOf(user) !== context.user) return false;
  return service === undefined || textOf(service) === context.request.protocol;
}

/** The answer to the client's password; one that was never heard of does not fit. */
async function answerOf(
  alike: readonly RecordedLookup[],
  { request, user }: LookupContext,
): Promise<LookupOutcome | null> {
  const whatever = alike.find((each) => each.password === undefined);
  const good = alike.find((each) => each.verified !== 'mismatch');
  if (request.password === null) {
    const entry = whatever ?? good ?? alike[0];
    return entry === undefined ? null : passdbOutcome(entry);
  }
  for (const each of alike) if (await fits(each, request.password, user)) return passdbOutcome(each);
  if (whatever !== undefined) return passdbOutcome(whatever);
  if (good?.answer === 'found')
    return {
      kind: 'found',
      fields: [],
      defaultScheme: 'PLAIN',
      verified: 'mismatch',
      mismatchText: 'Password mismatch',
    };
  const [any] = alike;
  return any === undefined ? null : passdbOutcome(any);
}

async function fits({ password }: RecordedLookup, plaintext: ByteString, user: ByteString): Promise<boolean> {
  if (password === undefined) return false;
  const verdict = await verifyPassword({
    series: '2.4',
    stored: textOf(password),
    defaultScheme: 'PLAIN',
    plaintext,
    user,
    allowWeakSchemes: true,
  });
  return verdict.kind === 'match';
}

function passdbOutcome(entry: RecordedLookup): LookupOutcome {
  const told = toldOf(entry);
  const fields = fieldsOf(entry.fields ?? []);
  const { verified, compares, silent, unreachable } = entry;
  switch (entry.answer) {
    case 'found':
      return {
        ...told,
        kind: 'found',
        fields,
        defaultScheme: entry.scheme === undefined ? 'PLAIN' : textOf(entry.scheme),
        ...(entry.row === undefined ? {} : { row: rowOf(entry.row, fields) }),
        ...(entry.fields_may_fail === true ? { fieldsMayFail: true } : {}),
        ...(verified === undefined ? {} : { verified }),
        ...(entry.mismatch_text === undefined ? {} : { mismatchText: textOf(entry.mismatch_text) }),
        ...(compares === undefined ? {} : { compares: comparedOf(compares, fields) }),
      };
    case 'unknown':
      return { ...told, kind: 'unknown', ...(silent === true ? { silent } : {}) };
    case 'internal_failure':
      return {
        ...told,
        kind: 'internal',
        fields,
        ...(unreachable === undefined ? {} : { unreachable }),
      };
    case 'disabled':
    case 'expired':
      return { ...told, kind: entry.answer };
  }
}

function comparedOf(
  compares: NonNullable<RecordedLookup['compares']> | null,
  fields: readonly RowField[],
): ByteString | null {
  if (compares === null) return null;
  return compares === true ? (fields.find(([name]) => name === 'password')?.[1] ?? null) : textOf(compares);
}

function userdbOutcome(entry: RecordedLookup): UserdbOutcome {
  const told = toldOf(entry);
  const fields = fieldsOf(entry.fields ?? []);
  switch (entry.answer) {
    case 'found':
      return {
        ...told,
        kind: 'found',
        fields,
        ...(entry.row === undefined ? {} : { row: rowOf(entry.row, fields) }),
        ...(entry.has_gid_list === true ? { hasGidList: true } : {}),
      };
    case 'unknown':
    case 'disabled':
    case 'expired':
      return { ...told, kind: 'unknown' };
    case 'internal_failure':
      return { ...told, kind: 'internal', fields };
  }
}

function toldOf({ queries = [], log = [], question = '' }: RecordedLookup) {
  return {
    queries: queries.map(({ text, database, rows }) => ({
      text: textOf(text ?? question),
      database: `recording of ${database}`,
      rows,
    })),
    log: logOf(log),
  };
}

function rowOf({ prefix, columns = {}, asked }: RecordedRow, fields: readonly RowField[]): Row {
  const values = columnValues(fields);
  for (const [name, value] of Object.entries(columns)) values.set(fromUtf8(name), textOf(value));
  if (asked === undefined) return { prefix, columns: values };
  const providers = new Map<ByteString, Provider>();
  for (const [name, answers] of Object.entries(asked))
    providers.set(name, (key) => {
      const value = answers[toUtf8(key)] ?? null;
      if (value === null) return { kind: 'error', message: `No such attribute '${key}'` };
      return { kind: 'value', value: textOf(value) };
    });
  return { prefix, columns: values, providers };
}
