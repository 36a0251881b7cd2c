import type { ByteString } from '../../grammar/bytes.js';
import type { AuthSettings, PassdbBlock, UserdbBlock } from '../config/effective.js';
import { type Series, seriesOf } from '../knowledge/versions.js';
import type { SystemVariables } from '../variables/scope.js';
import type { FieldChange, FieldOrigin } from './answer.js';
import type { LogEntry } from './driver.js';
import { ExtraFields } from './extra-fields.js';
import { Journal } from './journal.js';
import type { PolicySettings } from './policy-settings.js';
import type { AuthRequest } from './request.js';
import type { SystemId } from './userdb-driver.js';

/** What the walk must know of a passdb's driver before it asks it. */
export interface DriverFacts {
  /** Runs in an auth-worker. */
  readonly blocking: boolean;
  readonly canLookupCredentials: boolean;
  /** The auth cache is on and this passdb has a cache key. */
  readonly cached: boolean;
}

/** What a walk needs besides request and settings. */
export interface WalkEnvironment {
  /** The policy server; null: none is asked. */
  readonly policy?: PolicySettings | null;
  driverFacts(passdb: PassdbBlock): DriverFacts;
  /** Clock (for delay_until), host name and the like; all handed in. */
  readonly system: SystemVariables;
  /** Keep debug lines and the change of every field: what an explanation wants and a server does not. */
  readonly detailed: boolean;
  /** Users and groups of the machine; left out: names stay names. */
  readonly systemId?: SystemId;
  /** Environment of the auth process, for `%{env:NAME}`. */
  readonly environment?: ReadonlyMap<ByteString, ByteString>;
}

/** Everything that changes while one request walks the chain (auth-chain.md section 2.1). */
export class WalkState {
  readonly series: Series;
  readonly journal: Journal;
  fields: ExtraFields;
  /** Fields for userdb prefetch; null until a `userdb_` field was set. */
  userdbFields: ExtraFields | null = null;
  /** Current name; null while none was accepted. */
  user: ByteString | null = null;
  originalUser: ByteString | null = null;
  translatedUser: ByteString | null = null;
  /** Name that a master user wants to log in as, until the master's own look-up succeeded. */
  loginUser: ByteString | null = null;
  masterUser: ByteString | null = null;
  /** passdb_success: what *-ok and *-fail set. */
  success = false;
  /** skip_password_check: later passdbs accept any password. */
  authenticated = false;
  seenUnknown = false;
  seenInternal = false;
  /** Fields of the current look-up failed it (allow_nets, fail, ...). */
  failed = false;
  /** Stored password of the current look-up with its `{SCHEME}`. */
  passdbPassword: ByteString | null = null;
  prefetch = false;
  prefetchAtSnapshot = false;
  nodelay = false;
  delayUntil: number | null = null;
  /** The look-up in progress, for log prefixes and `%{id}`; null between look-ups. */
  passdb: PassdbBlock | null = null;
  /** The userdb that is asked. */
  userdb: UserdbBlock | null = null;
  /** A field of a userdb makes the look-up a temporary failure. */
  userdbTempfail = false;
  inWorker = false;
  /** The current passdb is not the last of its list. */
  hasNextPassdb = false;
  passwordAssumed = false;
  /** The policy server has refused the login. */
  policyRefused = false;
  /** Changes that the current look-up made to fields. */
  changes: FieldChange[] = [];
  /** Look-ups: scheme of the first password that was handed out; '' = any will do. */
  wantedScheme: ByteString = '';
  /** A field of this look-up has named the user. */
  userReturned = false;
  credentialsFound = false;
  delayedCredentials = false;
  /** The stored password that the last look-up handed to a mechanism, and that of the first one; '' = none. */
  credentials: ByteString = '';
  keptCredentials: ByteString = '';
  /** What else happens in real Dovecot. */
  readonly remarks: string[] = [];
  /** Real Dovecot dies or hangs here: what happens. */
  crash: string | null = null;

  constructor(
    readonly request: AuthRequest,
    readonly settings: AuthSettings,
    readonly environment: WalkEnvironment,
  ) {
    this.series = seriesOf(settings.version);
    // Dovecot auth-settings.c: each of these settings sets the one before
    const debug = settings.debug || settings.debugPasswords;
    const verbose = settings.verbose || debug;
    const { detailed, system } = environment;
    const shown = { verbose, debug: debug || settings.debugEvents };
    this.journal = new Journal(this.series, request, shown, detailed, system.pid);
    this.fields = new ExtraFields(this.series);
    for (const [name, value] of request.forward)
      this.fields.add(`forward_${name}`, value, false, { kind: 'client' });
    // A failing passdb must not take these away. Dovecot auth-request-fields.c
    if (request.forward.length > 0) this.fields.snapshot();
    this.wantedScheme = request.wantedScheme ?? '';
    if (request.verifiedToken !== undefined) {
      // Dovecot 2.4.1 mech-oauth2.c, db-oauth2.c
      this.authenticated = true;
      this.success = true;
      this.fields.snapshot();
      for (const [name, value] of request.verifiedFields ?? [])
        this.fields.add(name, value, false, { kind: 'client' });
      this.fields.add('token', request.verifiedToken, false, { kind: 'client' });
    }
  }

  log(level: LogEntry['level'], text: ByteString, scope: NonNullable<LogEntry['scope']> = 'passdb'): void {
    this.record({ level, text, scope });
  }

  debug(text: () => ByteString, scope: NonNullable<LogEntry['scope']> = 'passdb'): void {
    if (this.journal.keepsDebug) this.record({ level: 'debug', text: text(), scope });
  }

  record(entry: LogEntry): void {
    const subject = { user: this.user, master: this.loginUser !== null, passdb: this.userdb ?? this.passdb };
    this.journal.add(entry, subject, this.inWorker);
  }

  note(name: ByteString, value: ByteString | null, effect: FieldChange['effect'], from: FieldOrigin): void {
    if (this.environment.detailed) this.changes.push({ name, value, effect, from });
  }
}
