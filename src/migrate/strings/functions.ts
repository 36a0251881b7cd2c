import type { ByteString } from '../../../grammar/bytes.js';
import { digestByName } from '../../variables/digests.js';
import { parseUint } from '../../variables/numbers.js';
import {
  argumentOf,
  asText,
  joined,
  leafOf,
  mapLeaves,
  NoEqual,
  piped,
  quoted,
  single,
  type Value,
  written,
} from './expression.js';
import { AlwaysFails } from './failure.js';
import type { Remarks } from './remarks.js';

type Translate = (template: ByteString) => readonly Value[];

const OWN_FILTER: ReadonlySet<string> = new Set(['md5', 'sha1', 'sha256', 'sha384', 'sha512']);

interface HashOptions {
  rounds: number;
  /** As an argument of 2.4; null: none. */
  salt: ByteString | null;
  bits: number;
  base64: boolean;
}

/** `%{ALGORITHM;options:FIELD}` of 2.3. */
export function hashValue(
  algorithm: ByteString,
  options: readonly ByteString[],
  field: Value,
  translate: Translate,
): Value {
  if (algorithm.toLowerCase() === 'pkcs5') throw new NoEqual('2.4 has no pkcs5');
  const digest = digestByName(algorithm);
  if (digest === null) throw new AlwaysFails('(null)');
  const { rounds, salt, bits, base64 } = readOptions(options, digest.size * 8, translate);
  const parameters = OWN_FILTER.has(algorithm) ? [] : [quoted(algorithm)];
  if (rounds > 1) parameters.push(`rounds=${rounds}`);
  if (salt !== null) parameters.push(`salt=${salt}`);
  const name = OWN_FILTER.has(algorithm) ? algorithm : 'hash';
  const steps = [parameters.length === 0 ? name : `${name}(${parameters.join(',')})`];
  const bytes = bits > 0 ? Math.ceil(bits / 8) : digest.size;
  if (bits > 0) steps.push(`truncate(bits=${bits})`);
  if (base64) steps.push('base64');
  return mapLeaves(field, (leaf) =>
    leafOf({
      ...piped(asText(single(leaf)), ...steps),
      binary: !base64,
      length: base64 ? Math.ceil(bytes / 3) * 4 : bytes * 2,
    }),
  );
}

function readOptions(options: readonly ByteString[], maximum: number, translate: Translate): HashOptions {
  const result: HashOptions = { rounds: 1, salt: null, bits: 0, base64: false };
  for (const option of options) {
    const equals = option.indexOf('=');
    if (equals === -1) continue;
    const key = option.slice(0, equals);
    const value = option.slice(equals + 1);
    if (key === 'rounds') {
      const number = parseUint(value);
      if (number === null || number < 1)
        throw new AlwaysFails(`Cannot parse hash arguments:'${value}' is no number of rounds`);
      result.rounds = number;
    } else if (key === 'truncate') {
      const number = parseUint(value);
      if (number === null)
        throw new AlwaysFails(`Cannot parse hash arguments:'${value}' is not number for truncbits`);
      result.bits = Math.min(number, maximum);
    } else if (key === 'salt') {
      const salt = argumentOf(joined(translate(value)));
      if (salt === null) throw new NoEqual('2.4 takes a text or a variable as salt, no filters');
      result.salt = salt.kind === 'text' && salt.text === '' ? null : written(salt);
      break; // The salt ends the options (observed 2.3.19.1).
    } else if (key === 'format') {
      if (!['hex', 'hexuc', 'base64'].includes(value))
        throw new AlwaysFails(`Cannot parse hash arguments:'${value}' is not supported format`);
      result.base64 = value === 'base64';
    }
  }
  return result;
}

/** `%{encrypt;options:FIELD}` and `%{decrypt;options:FIELD}` of 2.3. */
export function cryptValue(
  decrypt: boolean,
  options: readonly ByteString[],
  field: Value,
  translate: Translate,
  remarks: Remarks,
): Value {
  const parameters: ByteString[] = [];
  let iv: ByteString | null = null;
  let raw = false;
  let base64 = false;
  for (const option of options) {
    const equals = option.indexOf('=');
    const key = option.slice(0, Math.max(equals, 0));
    const value = option.slice(equals + 1);
    if (key === 'key' || key === 'iv') {
      const argument = argumentOf(joined(translate(value)));
      if (argument === null) throw new NoEqual(`2.4 takes a text or a variable as ${key}, no filters`);
      if (key === 'iv') iv = written(argument);
      else parameters.push(`key=${written(argument)}`);
    } else if (key === 'algo') parameters.push(`algorithm=${quoted(value)}`);
    else if (key === 'noiv') raw = value.toLowerCase() === 'yes';
    else if (key === 'format') base64 = value === 'base64';
  }
  if (base64 && !raw && !decrypt) throw new NoEqual('2.4 has no iv and data in base64');
  if (decrypt && iv !== null) raw = true;
  if (decrypt && base64 && iv === null) throw new NoEqual('2.4 has no iv and data in base64');
  if (raw && iv === null && !decrypt)
    throw new NoEqual('2.4 leaves no chance for a random iv out of its output');
  // An empty iv is a random one, and keeps the key one in hexadecimal.
  if (iv !== null || !decrypt) parameters.push(`iv=${iv ?? quoted('')}`);
  if (raw) parameters.push('raw=1');
  remarks.differs(`2.3 leaves an empty value as it is, 2.4 ${decrypt ? 'fails to decrypt' : 'encrypts'} it`);
  const name = decrypt ? 'decrypt' : 'encrypt';
  const before = decrypt && raw ? [base64 ? 'unbase64' : 'unhexlify'] : [];
  const after = raw && !decrypt ? [base64 ? 'base64' : 'hexlify'] : [];
  return mapLeaves(field, (leaf) =>
    leafOf(piped(asText(single(leaf)), ...before, `${name}(${parameters.join(',')})`, ...after)),
  );
}
