import { getHashes, pbkdf2Sync } from 'node:crypto';
import type { ByteString } from '../../../../grammar/bytes.js';
import type { Step24 } from '../../../../grammar/variables-2.4/tree.js';
import { cString } from '../../ascii.js';
import { bytesOfHex, hexOf, toBytes } from '../../binary.js';
import { type Cipher, cipherByName, runCipher } from '../../crypt.js';
import { MAX_ROUNDS } from '../../limits.js';
import { parseIntMax } from '../../numbers.js';
import { DovecotCrash, FilterError } from '../errors.js';
import { type Filter, flagOf, numberOf, type State24, stringOf, tooMany } from '../state.js';

// Dovecot 2.4.1 var-expand-crypt.c

interface Settings {
  algorithm: ByteString;
  key: ByteString | null;
  /** Bytes; null: derived from the key text and a salt. */
  iv: ByteString | null;
  salt: ByteString | null;
  hash: ByteString;
  rounds: bigint;
  raw: boolean;
  input: ByteString;
}

function readSettings(state: State24, step: Step24): Settings & { key: ByteString } {
  const settings: Settings = {
    algorithm: 'AES-256-CBC',
    key: null,
    iv: null,
    salt: null,
    hash: 'sha256',
    rounds: 10_000n,
    raw: false,
    input: '',
  };
  for (const parameter of step.parameters) {
    switch (parameter.key) {
      case null:
        throw tooMany();
      case 'algorithm':
      case 'hash':
        settings[parameter.key] = stringOf(state, parameter);
        break;
      case 'iv':
        settings.iv = bytesOfHex(stringOf(state, parameter)).bytes;
        if (settings.salt !== null) throw new FilterError('Cannot use both salt and iv');
        break;
      case 'key':
        settings.key = stringOf(state, parameter);
        if (settings.key === '') throw new FilterError('Empty encryption key');
        break;
      case 'raw':
        settings.raw = flagOf(state, parameter);
        break;
      case 'salt':
        settings.salt = stringOf(state, parameter);
        if (settings.iv !== null) throw new FilterError('Cannot use both salt and iv');
        break;
      case 'rounds':
        settings.rounds = numberOf(state, parameter);
        if (settings.rounds < 1n) throw new FilterError('rounds must be positive integer');
        break;
      default:
        throw new FilterError(`Unsupported key '${parameter.key}'`);
    }
  }
  const { key } = settings;
  if (key === null) throw new FilterError('Encryption key missing');
  settings.input = state.need(step.name);
  if (!settings.raw && step.name === 'decrypt') readInput(settings);
  else if (settings.raw && settings.iv === null && settings.salt === null)
    throw new FilterError('In raw format, salt or IV must be given');
  return { ...settings, key };
}

/** `IV$DATA$` or `s=SALT,r=ROUNDS$DATA$`, in hexadecimal. */
function readInput(settings: Settings): void {
  const parts = cString(settings.input).split('$');
  const [head = '', data = '', rest] = parts;
  if (parts.length !== 3 || rest !== '') throw new FilterError('Invalid input format');
  if (settings.iv !== null) throw new FilterError('Cannot have iv in parameter and input');
  if (head.startsWith('s') || head.startsWith('r')) {
    for (const item of head.split(',')) {
      if (item.startsWith('s=')) settings.salt = item.slice(2);
      else {
        const rounds = item.startsWith('r=') ? parseIntMax(item.slice(2)) : null;
        if (rounds === null || rounds < 1n) throw new FilterError('Invalid input');
        settings.rounds = rounds;
      }
    }
  } else settings.iv = bytesOfHex(head).bytes;
  settings.input = bytesOfHex(data).bytes;
}

const SALT_CHARACTERS =
  '#&()*+-./0123456789:;<>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{|}';
const SALT_LENGTH = 8;

function makeSalt(state: State24): ByteString {
  const bytes = state.scope.system.randomBytes(SALT_LENGTH);
  return Array.from(bytes, (byte) => SALT_CHARACTERS.charAt(byte % SALT_CHARACTERS.length)).join('');
}

interface Keyed extends Settings {
  readonly keyBytes: ByteString;
  readonly ivBytes: ByteString;
}

/** Key and iv: given in hexadecimal, or both derived from the key text. */
function derive(state: State24, settings: Settings & { key: ByteString }): Keyed {
  if (settings.iv !== null) {
    const keyBytes = bytesOfHex(settings.key).bytes;
    if (keyBytes === '') throw new DovecotCrash('an encryption key that is no hexadecimal text');
    return { ...settings, keyBytes, ivBytes: settings.iv };
  }
  const salt = settings.salt ?? makeSalt(state);
  const cipher = needCipher(settings.algorithm);
  if (!getHashes().some((name) => name.toLowerCase() === settings.hash.toLowerCase()))
    throw new FilterError(`Invalid digest ${settings.hash}`);
  if (settings.rounds > MAX_ROUNDS)
    throw new DovecotCrash(`${settings.rounds} rounds hold up the auth process`);
  const material = pbkdf2Sync(
    toBytes(settings.key),
    toBytes(salt),
    Number(settings.rounds),
    cipher.keyLength + cipher.ivLength,
    settings.hash,
  ).toString('latin1');
  const keyBytes = material.slice(0, cipher.keyLength);
  return { ...settings, salt, keyBytes, ivBytes: material.slice(cipher.keyLength) };
}

function needCipher(name: ByteString): Cipher {
  const cipher = cipherByName(name);
  if (cipher === null) throw new FilterError(`Invalid cipher ${name}`);
  return cipher;
}

function crypt(
  state: State24,
  keyed: Keyed,
  direction: 'encrypt' | 'decrypt',
): [data: ByteString, iv: ByteString] {
  const cipher = needCipher(keyed.algorithm);
  let iv = keyed.ivBytes;
  if (iv === '') iv = Buffer.from(state.scope.system.randomBytes(cipher.ivLength)).toString('latin1');
  else if (iv.length !== cipher.ivLength)
    throw new FilterError(`IV length invalid (${iv.length} != ${cipher.ivLength})`);
  const { keyBytes } = keyed;
  if (keyBytes.length !== cipher.keyLength)
    throw new FilterError(`Key length invalid (${keyBytes.length} != ${cipher.keyLength})`);
  const result = runCipher(cipher, direction, keyBytes, iv, keyed.input);
  if (result.kind === 'error') throw new FilterError(result.message);
  return [result.data, iv];
}

export const encrypt: Filter = (state, step) => {
  const keyed = derive(state, readSettings(state, step));
  const [data, iv] = crypt(state, keyed, 'encrypt');
  if (keyed.raw) state.setBinary(data);
  // The binary mark of the input stays, as in Dovecot.
  else if (keyed.salt === null) state.setData(`${hexOf(iv)}$${hexOf(data)}$`);
  else state.setData(`s=${keyed.salt},r=${keyed.rounds}$${hexOf(data)}$`);
};

export const decrypt: Filter = (state, step) => {
  const [data] = crypt(state, derive(state, readSettings(state, step)), 'decrypt');
  if (data.includes('\0')) state.setBinary(data);
  else state.setText(data);
};
