import type { ByteString } from '../../grammar/bytes.js';
import type { LogEntry, LookupContext, LookupOutcome, PassdbDriver, RowField } from '../auth/driver.js';
import type { PassdbBlock } from '../config/effective.js';
import type { Series } from '../knowledge/versions.js';
import { FieldsSoFar } from './fields-so-far.js';

/** Dovecot passdb-template.h: STATIC_PASS_SCHEME */
const DEFAULT_SCHEME = 'PLAIN';

export interface StaticOptions {
  readonly series: Series;
}

/** Opens a static passdb. Throws an Error with Dovecot's `auth: Fatal: ` text where its args are refused. */
export async function openStatic(block: PassdbBlock, options: StaticOptions): Promise<PassdbDriver> {
  const template = options.series === '2.3' ? templateOf(block.args.text) : null;
  return {
    name: 'static',
    canLookupCredentials: true,
    lookup: (context) => (template === null ? lookup24(block, context) : lookup23(template, context)),
    close: async () => {},
  };
}

interface Template {
  readonly fields: readonly (readonly [name: ByteString, value: ByteString | null])[];
  /** null: none given. */
  readonly password: ByteString | null;
}

/** `password=P` and any `k=v`, split at spaces before anything is expanded. Dovecot 2.3.19.1 passdb-template.c */
function templateOf(args: ByteString): Template {
  const fields: [ByteString, ByteString | null][] = [];
  for (const part of args.split(/ +/)) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    if (equals === 0) throw new Error(`Invalid passdb template ${args} - key must not be empty`);
    fields.push(equals === -1 ? [part, null] : [part.slice(0, equals), part.slice(equals + 1)]);
  }
  const at = fields.findIndex(([name]) => name === 'password');
  const password = at === -1 ? null : (fields.splice(at, 1)[0]?.[1] ?? null);
  return { fields, password };
}

/** Dovecot 2.3.19.1 passdb-static.c: static_save_fields */
function lookup23(template: Template, context: LookupContext): LookupOutcome {
  const log: LogEntry[] = [{ level: 'debug', text: 'lookup' }];
  const fields: RowField[] = [];
  const set = new FieldsSoFar('2.3', context);
  const providers = new Map([['passdb', set.provider]]);
  const failed = (text: ByteString): LookupOutcome => ({
    kind: 'internal',
    fields,
    log: [...log, { level: 'error', text }],
  });
  for (const [name, given] of template.fields) {
    const expansion = context.expand(given ?? '', undefined, providers);
    if (expansion.kind === 'error') return failed(`Failed to expand template: ${expansion.message}`);
    fields.push([name, expansion.text]);
    set.set(name, expansion.text);
  }
  if (template.password === null) return found(fields, hasNoPassword(set) ? '' : null, log);
  const expansion = context.expand(template.password, undefined, providers);
  if (expansion.kind === 'error')
    return failed(`Failed to expand password=${template.password}: ${expansion.message}`);
  return found(fields, expansion.text, log);
}

function hasNoPassword(set: FieldsSoFar): boolean {
  return set.find('nopassword') !== null || set.find('noauthenticate') !== null;
}

/** Dovecot 2.4.1 passdb-static.c: the fields are those of `fields { }`, which the chain applies. */
function lookup24(block: PassdbBlock, context: LookupContext): LookupOutcome {
  const log: LogEntry[] = [{ level: 'debug', text: 'lookup' }];
  const given = block.setting('passdb_static_password')?.text ?? '';
  const expansion = context.expand(given);
  // Dovecot logs nothing here. 2.4.1 passdb-static.c
  if (expansion.kind === 'error')
    return { kind: 'internal', log: [...log, { level: 'debug', text: expansion.message }] };
  return found([], expansion.text === '' ? null : expansion.text, log);
}

function found(
  fields: readonly RowField[],
  password: ByteString | null,
  log: readonly LogEntry[],
): LookupOutcome {
  return {
    kind: 'found',
    // The password comes last: `nopassword` has been set by then and is not undone by it.
    fields: password === null ? fields : [...fields, ['password', password]],
    defaultScheme: DEFAULT_SCHEME,
    compares: password,
    log,
  };
}
