import type { ByteString } from '../../../grammar/bytes.js';
import type { AuthSettings, PassdbBlock } from '../../config/effective.js';
import { GONE } from '../auth/drivers.js';

/** What the database of one passdb says. */
export type ScenarioAnswer = 'found' | 'wrong password' | 'unknown' | 'database down';

/** One question to a chain whose databases answer as told. */
export interface Scenario {
  readonly protocol: ByteString;
  /** By the passdb's place in the 2.3 chain, from 1. */
  readonly answers: ReadonlyMap<number, ScenarioAnswer>;
  /** As LMTP asks: no password. */
  readonly lookup: boolean;
  /** A master user logs in as another one. */
  readonly master: boolean;
}

const ANSWERS: readonly ScenarioAnswer[] = ['found', 'wrong password', 'unknown', 'database down'];

/** Chains with more combinations than this are asked about each passdb beside each other one. */
const MAX_COMBINATIONS = 1024;

/** Whether 2.4 has the driver: the others are left out of its chain. */
export function isKept({ driver }: PassdbBlock): boolean {
  return GONE[driver] === undefined;
}

/** Every combination of answers of the databases that matters to the chain of one protocol. */
export function scenariosOf(auth: AuthSettings, protocol: ByteString): Scenario[] {
  const asked = auth.passdbs.filter((block) => block.driver !== 'static' && isKept(block));
  const ways: Omit<Scenario, 'answers' | 'protocol'>[] = [{ lookup: protocol === 'lmtp', master: false }];
  if (protocol !== 'lmtp' && auth.passdbs.some(({ master }) => master))
    ways.push({ lookup: false, master: true });
  return combinations(asked.map(({ index }) => index)).flatMap((answers) =>
    ways.map((way) => ({ protocol, answers, ...way })),
  );
}

function combinations(indexes: readonly number[]): ReadonlyMap<number, ScenarioAnswer>[] {
  if (ANSWERS.length ** indexes.length <= MAX_COMBINATIONS)
    return indexes.reduce<ReadonlyMap<number, ScenarioAnswer>[]>(
      (maps, index) => maps.flatMap((map) => ANSWERS.map((answer) => new Map(map).set(index, answer))),
      [new Map()],
    );
  return indexes.flatMap((one, at) =>
    indexes.slice(at + 1).flatMap((other) =>
      ANSWERS.flatMap((first) =>
        ANSWERS.map((second) => {
          const rest = indexes.map((index): [number, ScenarioAnswer] => [index, 'unknown']);
          return new Map(rest).set(one, first).set(other, second);
        }),
      ),
    ),
  );
}

/** `imap, p1 found, p2 unknown`. */
export function scenarioText({ protocol, answers, lookup, master }: Scenario, auth: AuthSettings): string {
  const parts = [...answers].map(([index, answer]) => {
    const block = auth.passdbs.find((one) => one.index === index);
    const name =
      block === undefined || block.name === ''
        ? `${block?.driver ?? 'passdb'} (passdb ${index})`
        : block.name;
    return `${name}: ${answer}`;
  });
  return [`${protocol}${master ? ' by a master user' : lookup ? ' look-up' : ''}`, ...parts].join(', ');
}
