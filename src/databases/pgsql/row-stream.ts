import pg from 'pg';
import type { ByteString } from '../../../grammar/bytes.js';
import type { SqlValue } from '../sql/database.js';

/** Rows that wait for who asks for them, before the server is made to wait. */
const READ_AHEAD = 200;

/** What pg has beyond its types. */
interface StreamingClient {
  readonly connection: { readonly stream: { pause(): void; resume(): void } };
}

/** The rows of one statement, never more of them in memory than were read at once. */
export class RowStream {
  readonly #flow: { pause(): void; resume(): void };
  readonly #waiting: SqlValue[][] = [];
  #columns: readonly ByteString[] | null = null;
  #failure: Error | null = null;
  #over = false;
  #wake: () => void = () => undefined;

  /** `failureOf`: what an error of pg is for who reads. */
  constructor(client: pg.Client, text: ByteString, failureOf: (error: Error) => Error) {
    this.#flow = (client as unknown as StreamingClient).connection.stream;
    const types = { getTypeParser: () => (value: string) => value };
    const query = new pg.Query<SqlValue[]>({ text, rowMode: 'array', types } as pg.QueryConfig);
    query.on('row', (row, result) => {
      this.#columns ??= result?.fields.map(({ name }) => name) ?? [];
      this.#waiting.push(row);
      if (this.#waiting.length >= READ_AHEAD) this.#flow.pause();
      this.#wake();
    });
    query.on('error', (error) => this.fail(failureOf(error)));
    query.on('end', () => {
      this.#over = true;
      this.#wake();
    });
    client.query(query);
  }

  /** The statement is at its end, and the connection free for another one. */
  get isOver(): boolean {
    return this.#over;
  }

  fail(error: Error): void {
    this.#failure ??= error;
    this.#wake();
  }

  /** Rejects with what the statement failed of. */
  async columns(): Promise<readonly ByteString[]> {
    while (this.#columns === null && !this.#over) await this.#more();
    return this.#columns ?? [];
  }

  async *rows(): AsyncGenerator<readonly SqlValue[]> {
    for (;;) {
      const rows = this.#waiting.splice(0);
      yield* rows;
      if (this.#waiting.length > 0) continue;
      if (this.#over) return;
      this.#flow.resume();
      await this.#more();
    }
  }

  /** Waits for the next row, the end or a failure, which is thrown. */
  async #more(): Promise<void> {
    if (this.#failure === null && this.#waiting.length === 0 && !this.#over)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    if (this.#failure !== null) throw this.#failure;
  }
}
