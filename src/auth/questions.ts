import type { ByteString } from '../../grammar/bytes.js';
import type { PassdbBlock } from '../config/effective.js';
import type { Series } from '../knowledge/versions.js';
import type { Credentials } from '../passwords/credentials.js';
import type { PasswordVerdict } from '../passwords/verify.js';
import type { PassdbResult } from './answer.js';
import type { CacheEntry } from './cache.js';
import type { LogEntry, LookupContext, LookupOutcome } from './driver.js';
import type { PolicyVerdict } from './policy.js';
import type { PolicyOutcome } from './policy-request.js';
import type { WalkState } from './walk-state.js';

/** What a walk asks of the world. Whoever drives it answers each with the reply of the same kind. */
export type WalkQuestion =
  | {
      readonly kind: 'lookup';
      readonly passdb: PassdbBlock;
      /** Whoever drives the walk sets its abort signal. */
      readonly context: LookupContext & { signal: AbortSignal };
    }
  /** Has the auth cache an answer; asked only for passdbs that are cached. */
  | {
      readonly kind: 'cache';
      readonly passdb: PassdbBlock;
      readonly state: WalkState;
      /** The database failed: an entry whose time is over is better than nothing. */
      readonly evenExpired: boolean;
    }
  | {
      readonly kind: 'verify';
      readonly series: Series;
      readonly stored: ByteString;
      readonly defaultScheme: ByteString;
      readonly plaintext: ByteString;
      /** Name as the client sent it: DIGEST-MD5 hashes it. */
      readonly user: ByteString;
      readonly allowWeakSchemes: boolean;
    }
  /** Is the stored password readable at all (credentials look-ups). */
  | {
      readonly kind: 'decode';
      readonly series: Series;
      readonly stored: ByteString;
      readonly defaultScheme: ByteString;
    }
  /** The stored password in the scheme of a mechanism. */
  | {
      readonly kind: 'credentials';
      readonly series: Series;
      readonly stored: ByteString;
      readonly defaultScheme: ByteString;
      /** '' = any. */
      readonly wanted: ByteString;
      /** Name as the client sent it: DIGEST-MD5 hashes it. */
      readonly user: ByteString;
    }
  /** Does the client know the password: the mechanism goes on with the client. */
  | { readonly kind: 'prove'; readonly series: Series; readonly scheme: ByteString; readonly raw: ByteString }
  /** May the login go on, before or behind the chain; the policy server is asked. */
  | { readonly kind: 'policy'; readonly state: WalkState; readonly when: 'before' | 'after' }
  /** Not a question: how the login ended, for the policy server. */
  | { readonly kind: 'policy-report'; readonly state: WalkState; readonly outcome: PolicyOutcome }
  | { readonly kind: 'resolve'; readonly host: ByteString; readonly timeoutMs: number }
  /** Not a question: how a look-up ended, before override_fields and rules; the auth cache stores it. */
  | {
      readonly kind: 'looked-up';
      readonly passdb: PassdbBlock;
      readonly state: WalkState;
      readonly result: PassdbResult;
    };

export type ResolveReply =
  | { readonly kind: 'addresses'; readonly ips: readonly string[] }
  | { readonly kind: 'failed'; readonly message: string }
  /** Nobody was asked: the name stays a name, taken for another server. */
  | { readonly kind: 'not-asked' };

export type WalkReply =
  | { readonly kind: 'lookup'; readonly outcome: LookupOutcome }
  | { readonly kind: 'cache'; readonly entry: CacheEntry | null }
  | { readonly kind: 'verify'; readonly verdict: PasswordVerdict }
  | {
      readonly kind: 'decode';
      /** Why it cannot be read, as Dovecot logs it; null: it can. */
      readonly message: ByteString | null;
      /** Its scheme as written; left out: PLAIN. */
      readonly scheme?: ByteString;
      readonly empty?: boolean;
    }
  | { readonly kind: 'credentials'; readonly credentials: Credentials }
  /** `log`: what the mechanism says of it; null: nothing. */
  | {
      readonly kind: 'prove';
      readonly proved: boolean;
      readonly log: Pick<LogEntry, 'level' | 'text'> | null;
      /** The password was not known and was taken as right. */
      readonly assumed?: boolean;
    }
  | { readonly kind: 'resolve'; readonly reply: ResolveReply }
  | { readonly kind: 'policy'; readonly verdict: PolicyVerdict }
  | { readonly kind: 'policy-report' }
  | { readonly kind: 'looked-up' };

/** A part of the walk: asks, and takes the answers. */
export type Walking<T> = Generator<WalkQuestion, T, WalkReply>;

type ReplyTo<K extends WalkReply['kind']> = Extract<WalkReply, { readonly kind: K }>;

/** The reply to a question of that kind: `replyTo('verify', yield { kind: 'verify', ... })`. */
export function replyTo<K extends WalkReply['kind']>(kind: K, reply: WalkReply): ReplyTo<K> {
  if (reply.kind !== kind) throw new Error(`a ${kind} question was answered as ${reply.kind}`);
  return reply as ReplyTo<K>;
}
