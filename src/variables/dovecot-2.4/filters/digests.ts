import type { ByteString } from '../../../../grammar/bytes.js';
import type { Step24 } from '../../../../grammar/variables-2.4/tree.js';
import { digestByName, hashRounds } from '../../digests.js';
import { MAX_ROUNDS } from '../../limits.js';
import { DovecotCrash, FilterError } from '../errors.js';
import { type Filter, needParameters, numberOf, type State24, stringOf, tooMany } from '../state.js';

// Dovecot 2.4.1 expansion-filter.c fn_hash_algo.

function run(state: State24, step: Step24, algorithm: ByteString, named: boolean): void {
  const digest = digestByName(algorithm);
  if (digest === null) throw new FilterError(`Unsupported algorithm '${algorithm}'`);
  let rounds = 1n;
  let salt: ByteString = '';
  for (const parameter of step.parameters) {
    if (parameter.key === null) {
      if (named || parameter.index > 0) throw tooMany();
    } else if (parameter.key === 'rounds') rounds = numberOf(state, parameter);
    else if (parameter.key === 'salt') salt = stringOf(state, parameter);
    else throw new FilterError(`Unsupported key '${parameter.key}'`);
  }
  const value = state.need(named ? algorithm : 'hash');
  if (rounds > MAX_ROUNDS) throw new DovecotCrash(`${rounds} hash rounds hold up the auth process`);
  state.setBinary(hashRounds(digest, value, salt, Number(rounds)));
}

function fixed(algorithm: string): Filter {
  return (state, step) => run(state, step, algorithm, true);
}

export const md5 = fixed('md5');
export const sha1 = fixed('sha1');
export const sha256 = fixed('sha256');
export const sha384 = fixed('sha384');
export const sha512 = fixed('sha512');

export const hash: Filter = (state, step) => {
  const [algorithm] = needParameters(step);
  if (algorithm === undefined || algorithm.index === -1)
    throw new FilterError('No algorithm as first parameter');
  run(state, step, stringOf(state, algorithm), false);
};
