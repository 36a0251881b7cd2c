import type { Connection } from 'mysql2/promise';

interface Waiting {
  resolve(connection: Connection): void;
  reject(error: unknown): void;
}

/** Connections to one server: made when they are needed, kept when they are free, never more than the limit. */
export class MysqlPool {
  readonly #limit: number;
  readonly #connect: () => Promise<Connection>;
  readonly #all = new Set<Connection>();
  readonly #free: Connection[] = [];
  readonly #waiting: Waiting[] = [];
  #connecting = 0;
  #isClosed = false;

  constructor(limit: number, connect: () => Promise<Connection>) {
    this.#limit = limit;
    this.#connect = connect;
  }

  /** Rejects with the error of connecting. */
  async acquire(): Promise<Connection> {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    if (this.#all.size + this.#connecting >= this.#limit)
      return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
    this.#connecting++;
    try {
      const connection = await this.#connect();
      this.#all.add(connection);
      // A server that ends an idle connection must not end the program.
      connection.on('error', () => this.discard(connection));
      if (this.#isClosed) connection.destroy();
      return connection;
    } finally {
      this.#connecting--;
    }
  }

  release(connection: Connection): void {
    if (!this.#all.has(connection)) return;
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(connection);
    else next.resolve(connection);
  }

  /** Ends a connection that can serve no more. */
  discard(connection: Connection): void {
    if (!this.#all.delete(connection)) return;
    const at = this.#free.indexOf(connection);
    if (at !== -1) this.#free.splice(at, 1);
    connection.destroy();
    const next = this.#waiting.shift();
    if (next !== undefined) this.acquire().then(next.resolve, next.reject);
  }

  close(): void {
    this.#isClosed = true;
    for (const { reject } of this.#waiting.splice(0)) reject(new Error('the pool is closed'));
    for (const connection of this.#all) connection.destroy();
    this.#all.clear();
    this.#free.length = 0;
  }
}
