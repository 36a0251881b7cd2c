import packageJson from '../../package.json' with { type: 'json' };
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
    this.#operations.push(await openOperation({ admin, http, version: packageJson.version }, operator, log));
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
    log.line('dvproxy', 'info', 'another process serves new sessions: this one goes on with those it has');
  }

  /** Nobody is served any more, or a successor does that. */
  async end(): Promise<void> {
    if (!this.#replaced) notify(this.#serving.terminal.environment, 'STOPPING=1');
    await Promise.all(this.#operations.map((operation) => operation.close()));
    this.#serving.log.flush();
  }

  /** Gives up everything without a word: the start failed. */
  async abandon(): Promise<void> {
    await Promise.all(this.#operations.map((operation) => operation.close()));
  }
}
