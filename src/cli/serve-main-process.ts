import packageJson from '../../package.json' with { type: 'json' };
import { AdminServer } from '../serve/operation/admin-server.js';
import { BackendHealth } from '../serve/operation/backend-health.js';
import {
  HandoverFailed,
  handedOver,
  handOver,
  reportTakenOver,
  takeOver,
} from '../serve/operation/handover.js';
import { type Operation, openOperation } from '../serve/operation/operation.js';
import type { Operator } from '../serve/operation/operator.js';
import { leavingOperator, leavingSocket, withPredecessors } from '../serve/operation/predecessors.js';
import { becomeUser } from '../serve/operation/privileges.js';
import { notify } from '../serve/operation/service-manager.js';
import { MemoryState } from '../serve/operation/shared-state.js';
import { inheritedAt, type Serving } from './serve-start.js';

/** The process that administrators and the service manager know: the only one, or the supervisor of workers. */
export class MainProcess {
  readonly state: MemoryState;
  readonly #serving: Serving;
  readonly #operations: Operation[] = [];
  #operator: Operator | null = null;
  /** Once a successor serves. */
  #aside: AdminServer | null = null;
  #replacing = false;
  #replaced = false;

  constructor(serving: Serving) {
    this.#serving = serving;
    const { breaker } = serving.options;
    this.state = new MemoryState(
      new BackendHealth(breaker ?? null, Date.now, (level, text) => serving.log.line('dvproxy', level, text)),
    );
  }

  /** Everything listens: opens what administrators reach it by, and says that it is ready. */
  async begin(operator: Operator, endpoints: readonly string[]): Promise<void> {
    const { options, config, terminal, log } = this.#serving;
    this.#operator = operator;
    const handed = handedOver(terminal.environment);
    if (handed !== null) for (const place of await takeOver()) this.state.change('drain', place);
    await this.#open(operator);
    if (options.user !== undefined) becomeUser(options.user);
    log.flush();
    terminal.stderr(
      `dvproxy: ready ${endpoints.join(' ')} (Dovecot ${config.version}, pid ${process.pid})\n`,
    );
    notify(terminal.environment, 'READY=1');
    if (handed !== null) reportTakenOver(handed, endpoints);
  }

  async #open(operator: Operator): Promise<void> {
    const { options, log } = this.#serving;
    const { admin = null, http = null } = options;
    const whole = admin === null ? operator : withPredecessors(operator, admin);
    this.#operations.push(await openOperation({ admin, http, version: packageJson.version }, whole, log));
  }

  /** Starts a successor that has the listening sockets, too; resolves when it serves. */
  async replace(endpoints: readonly string[]): Promise<void> {
    const { terminal, log } = this.#serving;
    const operator = this.#operator;
    if (operator === null || this.#replacing || this.#replaced)
      throw new HandoverFailed('a restart is under way already');
    this.#replacing = true;
    try {
      await handOver(endpoints, inheritedAt(terminal.environment).length > 0, {
        release: () => {
          for (const operation of this.#operations) void operation.close();
          return this.state.drained;
        },
        reclaim: () => this.#open(operator),
      });
    } finally {
      this.#replacing = false;
    }
    this.#replaced = true;
    await this.#openAside(operator);
    log.line('dvproxy', 'info', 'another process serves new sessions: this one goes on with those it has');
  }

  /** The successor has the admin socket; its own is for the sessions that it goes on with. */
  async #openAside(operator: Operator): Promise<void> {
    const { options, log } = this.#serving;
    if (options.admin === undefined) return;
    try {
      const path = leavingSocket(options.admin, process.pid);
      this.#aside = await AdminServer.open(path, leavingOperator(operator));
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      log.line('dvproxy', 'warning', `sessions of this process are not listed: ${why}`);
    }
  }

  /** Nobody is served any more, or a successor does that. */
  async end(): Promise<void> {
    if (!this.#replaced) notify(this.#serving.terminal.environment, 'STOPPING=1');
    await Promise.all(this.#operations.map((operation) => operation.close()));
    await this.#aside?.close();
    this.#serving.log.flush();
  }

  /** Gives up everything without a word: the start failed. */
  async abandon(): Promise<void> {
    await Promise.all(this.#operations.map((operation) => operation.close()));
  }
}
