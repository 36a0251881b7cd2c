import type { ByteString } from '../../grammar/bytes.js';
import { digest } from './digests.js';
import { inSlices } from './slices.js';

/** A one-time password's state in the database (Dovecot otp-parse.c). */
export interface OtpState {
  readonly algorithm: 'md4' | 'md5' | 'sha1';
  readonly sequence: number;
  readonly seed: ByteString;
}

/** Reads `ALGORITHM SEQUENCE SEED HASH`; null for anything else. */
export function parseOtp(entry: ByteString): OtpState | null {
  const match = /^(md4|md5|sha1)[ \t](-?[0-9]{1,10})[ \t]([A-Za-z0-9]{0,16}) ([\s\S]*)$/.exec(entry);
  if (match === null) return null;
  const [, algorithm, sequenceText, seed = '', hash = ''] = match;
  const sequence = Number(sequenceText);
  if (sequence !== (sequence | 0)) return null;
  if (!/^[ \t]*(?:[0-9A-Fa-f][ \t]*){15}[0-9A-Fa-f]/.test(hash)) return null;
  if (algorithm !== 'md4' && algorithm !== 'md5' && algorithm !== 'sha1') return null;
  return { algorithm, sequence, seed: seed.toLowerCase() };
}

/** Eight bytes of a digest: its halves combined (RFC 2289 appendix A). */
function folded(algorithm: OtpState['algorithm'], data: ByteString): ByteString {
  const bytes = Buffer.from(digest(algorithm, data), 'latin1');
  const word = (index: number): number => (index * 4 < bytes.length ? bytes.readInt32LE(index * 4) : 0);
  const result = Buffer.alloc(8);
  if (algorithm === 'sha1') {
    result.writeInt32BE(word(0) ^ word(2) ^ word(4), 0);
    result.writeInt32BE(word(1) ^ word(3), 4);
  } else {
    result.writeInt32LE(word(0) ^ word(2), 0);
    result.writeInt32LE(word(1) ^ word(3), 4);
  }
  return result.toString('latin1');
}

/** The entry that a password makes at a sequence number (Dovecot otp-hash.c, otp_print_dbentry). */
export async function otpEntry(state: OtpState, plaintext: ByteString): Promise<ByteString> {
  let value = folded(state.algorithm, state.seed + plaintext);
  await inSlices(state.sequence >>> 0, 500, () => {
    value = folded(state.algorithm, value);
  });
  const hash = Buffer.from(value, 'latin1').toString('hex');
  return `${state.algorithm} ${state.sequence} ${state.seed} ${hash}`;
}
