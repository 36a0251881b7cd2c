import type { AuthAnswer } from '../auth/answer.js';
import { lookUpUser, openUserdbs, type Userdbs } from '../auth/look-up-user.js';
import type { AuthRequest } from '../auth/request.js';
import type { OpenUserdb } from '../auth/userdb-driver.js';
import { systemIds } from '../databases/system-ids.js';
import type { LocalUser } from '../proxy/lmtp/lmtp-event.js';
import type { Authenticator } from './authenticator.js';

/** What is known of a recipient. */
export interface FoundRecipient {
  readonly answer: AuthAnswer;
  readonly local: LocalUser;
}

/** Looks recipients of LMTP up: in the passdbs without a password, and in the userdbs where those name no proxy. */
export class RecipientLookup {
  readonly #authenticator: Authenticator;
  readonly #openUserdb: OpenUserdb;
  #userdbs: Promise<Userdbs> | null = null;

  constructor(authenticator: Authenticator, openUserdb: OpenUserdb) {
    this.#authenticator = authenticator;
    this.#openUserdb = openUserdb;
  }

  /** Rejects when `signal` is aborted. */
  async lookUp(request: AuthRequest, signal: AbortSignal): Promise<FoundRecipient> {
    const answer = await this.#authenticator.authenticate(request, signal);
    const isProxied = answer.result === 'ok' && answer.fields.some(({ name }) => name === 'proxy');
    if (isProxied || answer.result === 'tempfail') return { answer, local: 'exists' };
    return { answer, local: await this.#localUser(request, signal) };
  }

  /** Dovecot lmtp-local.c: the userdbs decide whether there is such a mailbox. */
  async #localUser(request: AuthRequest, signal: AbortSignal): Promise<LocalUser> {
    try {
      this.#userdbs ??= openUserdbs(this.#authenticator.chain, this.#openUserdb, systemIds(true));
      const found = await lookUpUser({ request, login: null }, await this.#userdbs, signal);
      this.#authenticator.say(found.log);
      if (found.result === 'found') return 'exists';
      return found.result === 'unknown' ? 'unknown' : 'unavailable';
    } catch {
      signal.throwIfAborted();
      this.#userdbs = null;
      return 'unavailable';
    }
  }

  async close(): Promise<void> {
    const opened = await this.#userdbs?.catch(() => null);
    await opened?.close();
  }
}
