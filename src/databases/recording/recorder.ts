import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ByteString, toUtf8 } from '../../../grammar/bytes.js';
import type { LookupContext, LookupOutcome, OpenPassdb, Row } from '../../auth/driver.js';
import type { OpenUserdb, UserdbOutcome } from '../../auth/userdb-driver.js';
import type { DatabaseBlock } from '../../config/effective.js';
import { type DovecotVersion, seriesOf } from '../../knowledge/versions.js';
import type { Provider } from '../../variables/scope.js';
import {
  RECORDING_VERSION,
  type RecordedLookup,
  type RecordedText,
  recordedFields,
  recordedLog,
  recordedQueries,
  recordedText,
} from './format.js';
import { dependsOnPassword, questionText } from './question-text.js';
import { hashed, Secrets } from './secrets.js';

/** Name of the file in the folder that --record names. */
export const RECORDING_FILE = 'recording.yaml';

type Recorded = { -readonly [Key in keyof RecordedLookup]: RecordedLookup[Key] };

interface OpenBlock {
  readonly block: DatabaseBlock;
  /** By question: the same one is written once. */
  readonly lookups: Map<string, Recorded>;
}

export interface RecorderOptions {
  readonly version: DovecotVersion;
  readonly folder: string;
  /** Keep passwords as they are. */
  readonly withSecrets: boolean;
}

/** Writes down what databases answer, as a fixture. */
export class Recorder {
  readonly #options: RecorderOptions;
  readonly #passdbs = new Map<string, OpenBlock>();
  readonly #userdbs = new Map<string, OpenBlock>();

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  /** Drivers that do as `open`'s and are listened to. */
  passdbs(open: OpenPassdb): OpenPassdb {
    return async (block) => {
      const driver = await open(block);
      if (driver.name === 'static') return driver;
      const { lookups } = blockOf(this.#passdbs, block);
      return {
        name: driver.name,
        canLookupCredentials: driver.canLookupCredentials,
        ...(driver.blocking === undefined ? {} : { blocking: driver.blocking }),
        ...(driver.cacheKeyTemplates === undefined ? {} : { cacheKeyTemplates: driver.cacheKeyTemplates }),
        close: () => driver.close(),
        lookup: async (context) => {
          const outcome = await driver.lookup(context);
          const question = questionText(driver, context);
          const isOwn = dependsOnPassword(driver, context);
          const key = JSON.stringify([question, context.user, isOwn ? context.request.password : null]);
          if (lookups.has(key)) return outcome;
          const entry = await this.#passdbEntry(outcome, context, question, isOwn);
          lookups.set(key, entry);
          return listened(outcome, entry);
        },
      };
    };
  }

  userdbs(open: OpenUserdb): OpenUserdb {
    return async (block) => {
      const driver = await open(block);
      if (driver === null) return null;
      const { lookups } = blockOf(this.#userdbs, block);
      const { iterate } = driver;
      return {
        name: driver.name,
        ...(driver.blocking === undefined ? {} : { blocking: driver.blocking }),
        ...(iterate === undefined ? {} : { iterate: (context) => iterate.call(driver, context) }),
        close: () => driver.close(),
        lookup: async (context) => {
          const outcome = await driver.lookup(context);
          const key = JSON.stringify([context.user, context.request.protocol]);
          if (lookups.has(key)) return outcome;
          const entry = await this.#userdbEntry(outcome, context);
          lookups.set(key, entry);
          return listened(outcome, entry);
        },
      };
    };
  }

  /** Writes the file and gives its path. */
  async write(): Promise<string> {
    const { stringify } = await import('yaml');
    const { folder, version } = this.#options;
    const path = join(folder, RECORDING_FILE);
    const document = {
      dvproxy_recording: RECORDING_VERSION,
      dovecot: version,
      passdbs: written(this.#passdbs),
      userdbs: written(this.#userdbs),
    };
    const head = '# What the databases answered: a fixture for dvproxy simulate --fixture. May be edited.\n';
    mkdirSync(folder, { recursive: true });
    writeFileSync(path, head + stringify(document, { lineWidth: 110 }), { mode: 0o600 });
    return path;
  }

  async #passdbEntry(
    outcome: LookupOutcome,
    context: LookupContext,
    question: ByteString | null,
    isOwn: boolean,
  ): Promise<Recorded> {
    const { password } = context.request;
    const { withSecrets } = this.#options;
    const secrets = this.#secrets(context, outcome.kind === 'found' ? outcome.defaultScheme : 'PLAIN');
    const entry = await this.#entry(outcome, context, secrets);
    if (question !== null) entry.question = recordedText(secrets === null ? question : secrets.text(question));
    if (isOwn && password !== null) entry.password = toUtf8(withSecrets ? `{PLAIN}${password}` : hashed(password));
    switch (outcome.kind) {
      case 'found': {
        entry.scheme = recordedText(outcome.defaultScheme);
        if (outcome.verified !== undefined) entry.verified = outcome.verified;
        if (outcome.mismatchText !== undefined) entry.mismatch_text = recordedText(outcome.mismatchText);
        if (outcome.fieldsMayFail === true) entry.fields_may_fail = true;
        const { compares } = outcome;
        if (compares === null) entry.compares = null;
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
    return entry;
  }

  async #userdbEntry(outcome: UserdbOutcome, context: LookupContext): Promise<Recorded> {
    const entry = await this.#entry(outcome, context, this.#secrets(context, 'PLAIN'));
    if (outcome.kind === 'found' && outcome.hasGidList === true) entry.has_gid_list = true;
    return entry;
  }

  #secrets({ request, settings, user }: LookupContext, defaultScheme: ByteString): Secrets | null {
    if (this.#options.withSecrets) return null;
    return new Secrets({
      series: seriesOf(this.#options.version),
      password: request.password,
      user,
      allowWeakSchemes: settings.allowWeakSchemes,
      defaultScheme,
    });
  }

  /** What passdbs and userdbs have in common. */
  async #entry(
    outcome: LookupOutcome | UserdbOutcome,
    { user, request }: LookupContext,
    secrets: Secrets | null,
  ): Promise<Recorded> {
    const fields = 'fields' in outcome ? (outcome.fields ?? []) : [];
    const kept = secrets === null ? fields : await Promise.all(fields.map((field) => secrets.field(field)));
    const text = (value: ByteString) => secrets?.text(value) ?? value;
    const { queries = [], log = [] } = outcome;
    const row = outcome.kind === 'found' ? outcome.row : undefined;
    return {
      user: recordedText(user),
      service: recordedText(request.protocol),
      answer: outcome.kind === 'internal' ? 'internal_failure' : outcome.kind,
      ...(fields.length === 0 ? {} : { fields: recordedFields(kept) }),
      ...(row === undefined ? {} : { row: { prefix: row.prefix, columns: columnsOf(row, text) } }),
      ...(queries.length === 0
        ? {}
        : { queries: recordedQueries(queries.map((query) => ({ ...query, text: text(query.text) }))) }),
      ...(log.length === 0 ? {} : { log: recordedLog(log.map((line) => ({ ...line, text: text(line.text) }))) }),
    };
  }
}

function blockOf(known: Map<string, OpenBlock>, block: DatabaseBlock): OpenBlock {
  const key = `${block.index} ${block.name} ${block.driver}`;
  let open = known.get(key);
  if (open === undefined) {
    open = { block, lookups: new Map() };
    known.set(key, open);
  }
  return open;
}

function written(blocks: ReadonlyMap<string, OpenBlock>) {
  return [...blocks.values()].map(({ block, lookups }) => ({
    index: block.index,
    name: toUtf8(block.name),
    driver: toUtf8(block.driver),
    lookups: [...lookups.values()],
  }));
}

function columnsOf(row: Row, text: (value: ByteString) => ByteString): Record<string, RecordedText> {
  return Object.fromEntries([...row.columns].map(([name, value]) => [toUtf8(name), recordedText(text(value))]));
}

/** Writes down what templates ask of a row that knows more than its columns. */
function listened<T extends LookupOutcome | UserdbOutcome>(outcome: T, entry: Recorded): T {
  const { row } = entry;
  if (outcome.kind !== 'found' || outcome.row?.providers === undefined || row === undefined) return outcome;
  const asked: Record<string, Record<string, RecordedText | null>> = {};
  entry.row = { ...row, asked };
  const providers = new Map<ByteString, Provider>();
  for (const [prefix, provider] of outcome.row.providers) {
    const answers: Record<string, RecordedText | null> = {};
    asked[prefix] = answers;
    providers.set(prefix, (key) => {
      const value = provider(key);
      answers[toUtf8(key)] = value.kind === 'value' ? recordedText(value.value) : null;
      return value;
    });
  }
  return { ...outcome, row: { ...outcome.row, providers } };
}
