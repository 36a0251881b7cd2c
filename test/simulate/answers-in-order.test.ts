import { describe, expect, test } from 'vitest';
import { answersInOrder } from '../../src/simulate/answers-in-order.js';

async function* numbers(count: number): AsyncGenerator<number> {
  for (let number = 0; number < count; number += 1) yield number;
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

describe('answers of many questions', () => {
  test('come in the order of the questions, whichever database is slow', async () => {
    const ask = (row: number): number | Promise<number> =>
      row % 3 === 0 ? row * 10 : new Promise((resolve) => setTimeout(() => resolve(row * 10), 5 - (row % 5)));
    const answered = await all(answersInOrder(numbers(50), ask, 8));
    expect(answered).toEqual(Array.from({ length: 50 }, (_, row) => ({ row, answer: row * 10 })));
  });

  test('are asked for no more at once than said', async () => {
    let open = 0;
    let most = 0;
    const ask = async (row: number) => {
      open += 1;
      most = Math.max(most, open);
      await new Promise((resolve) => setTimeout(resolve, 1));
      open -= 1;
      return row;
    };
    await all(answersInOrder(numbers(100), ask, 7));
    expect(most).toBe(7);
  });

  test('end with the first one that fails', async () => {
    const ask = async (row: number) => {
      if (row === 3) throw new Error('broken');
      return row;
    };
    await expect(all(answersInOrder(numbers(10), ask, 4))).rejects.toThrow('broken');
  });
});
