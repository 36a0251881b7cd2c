import { createReadStream, statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { type ByteString, toUtf8 } from '../../../grammar/bytes.js';
import { errnoText } from '../../config/errno-text.js';
import { DictFailure, type Dictionary } from './dictionary.js';

const ESCAPED: Readonly<Record<string, string>> = { '0': '\0', '1': '\x01', t: '\t', r: '\r', n: '\n' };

/** Dovecot lib/strescape.c: str_tabunescape */
function unescaped(text: ByteString): ByteString {
  return text.replace(/\x01(.?)/gs, (_, char: string) => ESCAPED[char] ?? char);
}

/** A file of lines by twos, a key and its value; read again when it changes. Dovecot 2.3.19.1 dict-file.c */
export class FileDict implements Dictionary {
  readonly label: string;
  readonly #path: ByteString;
  readonly #realPath: string;
  #identity = '';
  #values: Promise<ReadonlyMap<ByteString, ByteString>> = Promise.resolve(new Map());

  constructor(path: ByteString, mapPath: (path: string) => string) {
    this.#path = path;
    this.#realPath = mapPath(toUtf8(path));
    this.label = `dict file ${this.#realPath}`;
  }

  async lookup(key: ByteString): Promise<ByteString | null> {
    return (await this.#read()).get(key) ?? null;
  }

  async *keys(prefix: ByteString): AsyncGenerator<ByteString> {
    for (const key of (await this.#read()).keys())
      if (key.startsWith(prefix) && !key.includes('/', prefix.length)) yield key;
  }

  async close(): Promise<void> {}

  /** A file that is missing has no keys. */
  #read(): Promise<ReadonlyMap<ByteString, ByteString>> {
    let identity: string;
    try {
      const { dev, ino, size, mtimeMs } = statSync(this.#realPath);
      identity = `${dev}:${ino}:${size}:${mtimeMs}`;
    } catch {
      identity = 'missing';
    }
    if (identity !== this.#identity) {
      this.#identity = identity;
      this.#values = readPairs(this.#realPath, this.#path);
      this.#values.catch(() => {
        this.#identity = '';
      });
    }
    return this.#values;
  }
}

async function readPairs(path: string, shown: ByteString): Promise<Map<ByteString, ByteString>> {
  const values = new Map<ByteString, ByteString>();
  let key: ByteString | null = null;
  try {
    for await (const line of createInterface({ input: createReadStream(path, { encoding: 'latin1' }) })) {
      if (key !== null) values.set(key, unescaped(line));
      key = key === null ? unescaped(line) : null;
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return values;
    throw new DictFailure(`open(${shown}) failed: ${errnoText(error)}`);
  }
  return values;
}
