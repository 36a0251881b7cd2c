import type { ByteString } from '../../grammar/bytes.js';
import type { PassdbBlock } from '../config/effective.js';
import type { FieldOrigin, PassdbResult } from './answer.js';
import { lookUpInCache } from './cached-lookup.js';
import type { LookupOutcome, Query } from './driver.js';
import { applyFieldsBlock, applyTemplates } from './field-templates.js';
import { logLoginFailure } from './login-failure.js';
import { checkPassword } from './password-check.js';
import { replyTo, type Walking } from './questions.js';
import { RequestLookup } from './request-lookup.js';
import { setField, setNullField } from './set-field.js';
import type { DriverFacts, WalkState } from './walk-state.js';
import { readInWorker } from './worker-lookup.js';

/** What one look-up came to, before the rules. */
export interface Looked {
  readonly result: PassdbResult;
  readonly queries: readonly Query[];
  readonly unreachable: { readonly host: string; readonly reason: string } | null;
  /** Answered by the auth cache. */
  readonly cached: boolean;
}

/**
 * Asks one passdb: the auth cache, default_fields, the database, the row's fields, `fields { }`, the password,
 * override_fields (auth-chain.md sections 2.2, 3 and 7).
 */
export function* lookUp(state: WalkState, passdb: PassdbBlock): Walking<Looked> {
  const facts = state.environment.driverFacts(passdb);
  state.debug(() => 'Performing passdb lookup');
  let looked: Looked | null = facts.cached ? yield* lookUpInCache(state, passdb, false) : null;
  if (looked === null) {
    looked = yield* lookUpInDatabase(state, passdb, facts);
    if (facts.cached && looked.result === 'internal_failure') {
      const old = yield* lookUpInCache(state, passdb, true);
      if (old !== null) state.log('info', 'Falling back to expired data from cache');
      looked = old ?? looked;
    } else if (facts.cached)
      replyTo('looked-up', yield { kind: 'looked-up', passdb, state, result: looked.result });
  }
  if (state.series === '2.3' && !applyTemplates(state, passdb, 'override_fields'))
    return { ...looked, result: 'internal_failure' };
  return looked;
}

function* lookUpInDatabase(state: WalkState, passdb: PassdbBlock, facts: DriverFacts): Walking<Looked> {
  const failed: Looked = { result: 'internal_failure', queries: [], unreachable: null, cached: false };
  if (state.request.mode !== 'verify' && !facts.canLookupCredentials) {
    state.debug(() => "passdb doesn't support credential lookups");
    return { ...failed, result: 'scheme_not_available' };
  }
  // The auth-worker of 2.3 never sees default_fields. observed with sqlite
  if (state.series === '2.3' && !facts.blocking && !applyTemplates(state, passdb, 'default_fields'))
    return failed;
  const context = new RequestLookup(state, facts.blocking);
  const { outcome } = replyTo('lookup', yield { kind: 'lookup', passdb, context });
  const read = () => readOutcome(state, passdb, outcome);
  let result = yield* facts.blocking ? readInWorker(state, passdb, read) : read();
  if (result === 'ok' && state.fields.has('noauthenticate')) result = 'next';
  const unreachable = outcome.kind === 'internal' ? (outcome.unreachable ?? null) : null;
  return { result, queries: outcome.queries ?? [], unreachable, cached: false };
}

function* readOutcome(state: WalkState, passdb: PassdbBlock, outcome: LookupOutcome): Walking<PassdbResult> {
  switch (outcome.kind) {
    case 'unknown':
      recordUnknown(state, outcome);
      return 'user_unknown';
    case 'internal':
      if (outcome.fields !== undefined) applyRow(state, passdb, outcome, 'PLAIN', false);
      // Dovecot 2.4.1 passdb-sql.c: the row is complete before it is found wrong
      if (
        state.series === '2.4' &&
        outcome.row !== undefined &&
        !applyFieldsBlock(state, passdb, outcome.row)
      )
        return 'internal_failure';
      record(state, outcome);
      return 'internal_failure';
    case 'disabled':
      record(state, outcome);
      return 'user_disabled';
    case 'expired':
      record(state, outcome);
      return 'pass_expired';
    case 'found':
      record(state, outcome);
      // Dovecot 2.4.1 passdb-passwd-file.c and passdb-static.c set their password whatever fields_import_all says.
      applyRow(state, passdb, outcome, outcome.defaultScheme, outcome.compares !== undefined);
      if (
        state.series === '2.4' &&
        !applyFieldsBlock(state, passdb, outcome.row) &&
        outcome.fieldsMayFail !== true
      )
        return 'internal_failure';
      return yield* checkPassword(state, passdb, outcome);
  }
}

type FoundRow = Partial<Pick<Extract<LookupOutcome, { readonly kind: 'found' }>, 'fields' | 'withoutScheme'>>;

function record(state: WalkState, outcome: LookupOutcome): void {
  for (const entry of outcome.log ?? []) state.record(entry);
}

const UNKNOWN_USER = 'unknown user';

/** `unknown user`, unless the driver gives another reason (`missing passwd file`). */
function recordUnknown(
  state: WalkState,
  outcome: Extract<LookupOutcome, { readonly kind: 'unknown' }>,
): void {
  const log = outcome.log ?? [];
  for (const entry of log) if (entry.text !== UNKNOWN_USER) state.record(entry);
  const explained = log.some((entry) => entry.level === 'info' && entry.text !== UNKNOWN_USER);
  if (!explained && outcome.silent !== true) logLoginFailure(state, UNKNOWN_USER);
}

function applyRow(
  state: WalkState,
  passdb: PassdbBlock,
  { fields = [], withoutScheme }: FoundRow,
  defaultScheme: ByteString,
  alwaysPassword: boolean,
): void {
  // Without fields_import_all only the password of the entry itself counts, not one among its fields.
  const imported = passdb.fieldsImportAll
    ? fields
    : fields.filter(([name]) => alwaysPassword && name === 'password').slice(0, 1);
  let scheme: ByteString | null = defaultScheme;
  for (const [name, value] of imported) {
    const from: FieldOrigin = { kind: 'row', passdb, column: name };
    if (value === null) setNullField(state, name);
    else setField(state, name, value, scheme, from);
    if (withoutScheme === 'behind-the-first') scheme = null;
  }
}
