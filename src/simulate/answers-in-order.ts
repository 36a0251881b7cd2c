/** One row of a table with its answer. */
export interface Answered<Row, Answer> {
  readonly row: Row;
  readonly answer: Answer;
}

/**
 * Asks for one row after the other without waiting for the answers before, `most` of them at once, and gives the
 * answers in the order of the rows. Holds no more than these in memory.
 */
export async function* answersInOrder<Row, Answer>(
  rows: AsyncIterable<Row>,
  ask: (row: Row) => Answer | Promise<Answer>,
  most: number,
): AsyncGenerator<Answered<Row, Answer>> {
  const problems: unknown[] = [];
  const waiting: { readonly row: Row; readonly answer: Answer | Promise<Answer> }[] = [];
  for await (const row of untilProblem(rows, problems)) {
    const answer = ask(row);
    // What is there at once, with nothing before it, has not to queue.
    if (waiting.length === 0 && !(answer instanceof Promise)) {
      yield { row, answer };
      continue;
    }
    // Whoever leaves the loop early leaves rejections behind that nobody waits for.
    if (answer instanceof Promise) answer.catch(() => undefined);
    waiting.push({ row, answer });
    const first = waiting.length >= most ? waiting.shift() : undefined;
    if (first !== undefined) yield { row: first.row, answer: await first.answer };
  }
  for (const { row, answer } of waiting) yield { row, answer: await answer };
  for (const problem of problems) throw problem;
}

/** The rows that can be read; what is wrong with the next one is added to `problems`, to be thrown when they are answered. */
export async function* untilProblem<Row>(rows: AsyncIterable<Row>, problems: unknown[]): AsyncGenerator<Row> {
  try {
    yield* rows;
  } catch (error) {
    problems.push(error);
  }
}
