import type { ByteString } from '../../../grammar/bytes.js';
import { cString } from '../ascii.js';
import { base64Of, bytesOfBase64, bytesOfHex, hexOf, toByteString } from '../binary.js';
import { type Cipher, cipherByName, runCipher } from '../crypt.js';
import type { LongSource } from './compile.js';
import type { Run23 } from './evaluate.js';
import { fine, type Value } from './value.js';

type CryptSource = Extract<LongSource, { kind: 'crypt' }>;

interface Settings {
  algorithm: ByteString;
  iv: ByteString;
  key: ByteString;
  format: 'hex' | 'base64';
  resultOnly: boolean;
}

/** `%{encrypt;options:FIELD}`, `%{decrypt;options:FIELD}` (Dovecot 2.3.19.1 var-expand-crypt-plugin.c). */
export function evaluateCrypt(run: Run23, source: CryptSource): Value {
  const value = run.long(source.field);
  if (value.code < 1) return { code: value.code, text: '' };
  if (value.text === '') return value;
  const settings = readSettings(run, source);
  if (settings === null) return { code: -1, text: '' };
  return source.decrypt ? decrypt(run, settings, value.text) : encrypt(run, settings, value.text);
}

function readSettings(run: Run23, source: CryptSource): Settings | null {
  const settings: Settings = { algorithm: 'AES-256-CBC', iv: '', key: '', format: 'hex', resultOnly: false };
  for (const { key, value, template } of source.options) {
    if (key === 'iv' || key === 'key') {
      const expanded = template === null ? fine('') : run.template(template);
      if (expanded.code < 0) return null;
      settings[key] = bytesOfHex(expanded.text).bytes;
    } else if (key === 'noiv') settings.resultOnly = value.toLowerCase() === 'yes';
    else if (key === 'algo') settings.algorithm = value;
    else if (key === 'format') {
      if (value !== 'hex' && value !== 'base64') {
        run.fail(`Cannot parse hash arguments:'${value}' is not supported format`);
        return null;
      }
      settings.format = value;
    }
  }
  return settings;
}

function encode(bytes: ByteString, format: Settings['format']): ByteString {
  return format === 'hex' ? hexOf(bytes) : base64Of(bytes, { url: false, pad: true });
}

function encrypt(run: Run23, settings: Settings, value: ByteString): Value {
  const cipher = cipherByName(settings.algorithm);
  if (cipher === null) return run.fail(`Invalid cipher ${settings.algorithm}`);
  const iv = settings.iv === '' ? toByteString(run.scope.system.randomBytes(cipher.ivLength)) : settings.iv;
  const problem = wrongLength(cipher, settings.key, iv);
  if (problem !== null) return run.fail(problem);
  const result = runCipher(cipher, 'encrypt', settings.key, iv, value);
  if (result.kind === 'error') return run.fail(result.message);
  const data = encode(result.data, settings.format);
  return fine(settings.resultOnly ? data : `${encode(iv, settings.format)}$${data}$`);
}

function decrypt(run: Run23, settings: Settings, value: ByteString): Value {
  let data = value;
  let { iv } = settings;
  if (iv === '' && value.includes('$')) {
    const [ivText = '', dataText = ''] = value.split('$', 2);
    data = dataText;
    iv = decode(ivText, settings.format);
  }
  if (iv === '') return run.fail('decrypt: IV missing');
  const cipher = cipherByName(settings.algorithm);
  if (cipher === null) return run.fail(`Invalid cipher ${settings.algorithm}`);
  const problem = wrongLength(cipher, settings.key, iv);
  if (problem !== null) return run.fail(problem);
  const result = runCipher(cipher, 'decrypt', settings.key, iv, decode(data, settings.format));
  return result.kind === 'error' ? run.fail(result.message) : fine(cString(result.data));
}

function decode(text: ByteString, format: Settings['format']): ByteString {
  return format === 'hex' ? bytesOfHex(text).bytes : bytesOfBase64(text, false).bytes;
}

function wrongLength(cipher: Cipher, key: ByteString, iv: ByteString): string | null {
  if (iv.length !== cipher.ivLength) return `crypt: IV length invalid (${iv.length} != ${cipher.ivLength})`;
  if (key.length !== cipher.keyLength)
    return `crypt: Key length invalid (${key.length} != ${cipher.keyLength})`;
  return null;
}
