import type { Connection as CoreConnection } from 'mysql2';
import type { Connection } from 'mysql2/promise';
import { type ByteString, fromUtf8 } from '../../grammar/bytes.js';
import { SqlFailure, type SqlStream, type SqlValue } from './sql/database.js';

/** Rows that are read ahead of who asks for them. */
const READ_AHEAD = 200;

/** What becomes of the connection: it is free again, or of no use any more. */
export interface StreamEnd {
  /** Milliseconds until the first answer. */
  readonly timeout: number;
  release(): void;
  discard(): void;
}

interface Field {
  readonly name: string;
}

/** Runs a statement whose rows are read as they are asked for. Rejects with the client's own error. */
export async function streamRows(
  connection: Connection,
  text: ByteString,
  end: StreamEnd,
): Promise<SqlStream> {
  const core = (connection as unknown as { readonly connection: CoreConnection }).connection;
  const query = core.query({ sql: text, rowsAsArray: true });
  const source = query.stream({ highWaterMark: READ_AHEAD });
  const fields = await new Promise<readonly Field[] | undefined>((resolve, reject) => {
    const timer = setTimeout(() => source.destroy(new Error('Query timed out')), end.timeout);
    source.once('fields', (found: readonly Field[] | undefined) => {
      clearTimeout(timer);
      resolve(found);
    });
    source.once('error', (error: Error & { readonly errno?: number }) => {
      clearTimeout(timer);
      // A statement that the server refuses leaves the connection as it was.
      if ((error.errno ?? 0) >= 1000) end.release();
      else end.discard();
      reject(error);
    });
  });
  const columns = (fields ?? []).map(({ name }) => fromUtf8(name));
  return { columns, rows: rowsOf(source, columns.length === 0, end) };
}

async function* rowsOf(
  source: NodeJS.ReadableStream,
  isEmpty: boolean,
  end: StreamEnd,
): AsyncGenerator<readonly SqlValue[]> {
  let isWhole = false;
  try {
    for await (const row of source) if (!isEmpty) yield row as unknown as readonly SqlValue[];
    isWhole = true;
  } catch (error) {
    throw new SqlFailure(fromUtf8(error instanceof Error ? error.message : String(error)));
  } finally {
    if (isWhole) end.release();
    else end.discard();
  }
}
