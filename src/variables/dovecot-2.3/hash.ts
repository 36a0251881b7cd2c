import { pbkdf2Sync } from 'node:crypto';
import type { ByteString } from '../../../grammar/bytes.js';
import { base64Of, hexOf, toBytes, topBits } from '../binary.js';
import { hashRounds } from '../digests.js';
import { MAX_ROUNDS } from '../limits.js';
import { parseUint } from '../numbers.js';
import type { LongSource } from './compile.js';
import type { Run23 } from './evaluate.js';
import { fine, UNKNOWN, type Value } from './value.js';

/** Output of `pkcs5`: HMAC_MAX_CONTEXT_SIZE of Dovecot 2.3.19.1 hmac.h. */
const PKCS5_BYTES = 336;

/** `%{ALGO;options:FIELD}` (Dovecot 2.3.19.1 var-expand.c var_expand_hash). */
export function evaluateHash(run: Run23, source: Extract<LongSource, { kind: 'hash' }>): Value {
  const { digest, pkcs5, field, options } = source;
  if (digest === null) return UNKNOWN;
  const value = run.long(field);
  if (value.code < 1) return { code: value.code, text: '' };
  let rounds = pkcs5 ? 2048 : 1;
  let salt: ByteString = pkcs5 ? field.name : '';
  let bits = 0;
  let format = 'hex';
  for (const option of options) {
    if (option.key === 'rounds') {
      const number = parseUint(option.value);
      if (number === null) return bad(run, `'${option.value}' is not number for rounds`);
      if (number < 1) return bad(run, 'rounds must be at least 1');
      rounds = number;
    } else if (option.key === 'truncate') {
      const number = parseUint(option.value);
      if (number === null) return bad(run, `'${option.value}' is not number for truncbits`);
      bits = Math.min(number, digest.size * 8);
    } else if (option.key === 'salt') {
      if (option.template !== null) {
        const expanded = run.template(option.template);
        if (expanded.code < 0) return { code: -1, text: '' };
        salt = expanded.text;
      }
      break; // The salt ends the options (observed 2.3.19.1).
    } else if (option.key === 'format') {
      if (!['hex', 'hexuc', 'base64'].includes(option.value))
        return bad(run, `'${option.value}' is not supported format`);
      format = option.value;
    }
  }
  if (rounds > MAX_ROUNDS) return run.crashes(`${rounds} hash rounds hold up the auth process`);
  let result = pkcs5
    ? pbkdf2Sync(toBytes(value.text), toBytes(salt), rounds, PKCS5_BYTES, 'sha256').toString('latin1')
    : hashRounds(digest, value.text, salt, rounds);
  if (bits > 0) result = topBits(result, bits);
  // `hexuc` prints lower case too.
  return fine(format === 'base64' ? base64Of(result, { url: false, pad: true }) : hexOf(result));
}

function bad(run: Run23, message: ByteString): Value {
  return run.fail(`Cannot parse hash arguments:${message}`);
}
