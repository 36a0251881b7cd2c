import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ByteString, toUtf8 } from '../../../grammar/bytes.js';
import type { LookupContext, LookupOutcome, OpenPassdb } from '../../auth/driver.js';
import type { OpenUserdb, UserdbOutcome } from '../../auth/userdb-driver.js';
import type { DatabaseBlock } from '../../config/effective.js';
import { type DovecotVersion, seriesOf } from '../../knowledge/versions.js';
import type { Provider } from '../../variables/scope.js';
import { RECORDING_VERSION, type RecordedText, recordedText } from './format.js';
import { dependsOnPassword, questionText } from './question-text.js';
import { type Kept, type Recorded, recordedPassdb, recordedUserdb } from './recorded-lookup.js';

/** Name of the file in the folder that --record names. */
const RECORDING_FILE = 'recording.yaml';

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
    const { version, withSecrets } = this.#options;
    const asked = (context: LookupContext) => ({ context, series: seriesOf(version), withSecrets });
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
          const isOwn = dependsOnPassword(driver);
          const key = JSON.stringify([question, context.user, isOwn ? context.request.password : null]);
          if (lookups.has(key)) return outcome;
          const kept = await recordedPassdb(outcome, { ...asked(context), question, isOwn });
          lookups.set(key, kept.entry);
          return listened(outcome, kept);
        },
      };
    };
  }

  userdbs(open: OpenUserdb): OpenUserdb {
    const { version, withSecrets } = this.#options;
    const asked = (context: LookupContext) => ({ context, series: seriesOf(version), withSecrets });
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
          const kept = await recordedUserdb(outcome, { ...asked(context), question: null, isOwn: false });
          lookups.set(key, kept.entry);
          return listened(outcome, kept);
        },
      };
    };
  }

  async write(): Promise<void> {
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
    writeFileSync(path, head + stringify(document, { lineWidth: 110 }), { mode: 0o600 });
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

/** Writes down what templates ask of a row that knows more than its columns. */
function listened<T extends LookupOutcome | UserdbOutcome>(outcome: T, { entry, value: keep }: Kept): T {
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
      answers[toUtf8(key)] =
        value.kind === 'value' ? recordedText(value.value.split('\t').map(keep).join('\t')) : null;
      return value;
    });
  }
  return { ...outcome, row: { ...outcome.row, providers } };
}
