import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { systemErrorText } from './system-errors.js';

/** Messages up to that size stay in memory. Dovecot lib/iostream-temp.c IOSTREAM_TEMP_MAX_BUFFER */
const MEMORY_LIMIT = 128 * 1024;

/** The name of a spool file must be new. */
let lastFile = 0;

/**
 * One message while it is received and given to backends: in memory, or in a file without a name once it is long.
 * Writing and reading are short copies to and from the page cache.
 */
export class MessageStore {
  readonly #folder: string;
  #memory: Buffer[] = [];
  #file: number | null = null;
  #size = 0;

  /** `folder`: mail_temp_dir. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  get size(): number {
    return this.#size;
  }

  /** Throws where the file cannot be written; the text says what the system said. */
  append(data: Buffer): void {
    if (this.#file === null && this.#size + data.length > MEMORY_LIMIT) this.#moveToFile();
    if (this.#file === null) this.#memory.push(data);
    else this.#write(this.#file, data, this.#size);
    this.#size += data.length;
  }

  #moveToFile(): void {
    lastFile += 1;
    const path = join(this.#folder, `dvproxy.lmtp.${process.pid}.${Date.now()}.${lastFile}`);
    let file: number;
    try {
      file = openSync(path, 'wx+', 0o600);
      unlinkSync(path);
    } catch (error) {
      throw new Error(`open(${path}) failed: ${systemErrorText(error)}`);
    }
    this.#file = file;
    this.#write(file, Buffer.concat(this.#memory), 0);
    this.#memory = [];
  }

  #write(file: number, data: Buffer, position: number): void {
    let at = 0;
    try {
      while (at < data.length) at += writeSync(file, data, at, data.length - at, position + at);
    } catch (error) {
      throw new Error(`write() failed: ${systemErrorText(error)}`);
    }
  }

  /** Bytes from `start` to `end`, both within the message. */
  read(start: number, end: number): Buffer {
    if (this.#file === null) {
      if (this.#memory.length > 1) this.#memory = [Buffer.concat(this.#memory)];
      return (this.#memory[0] ?? Buffer.alloc(0)).subarray(start, end);
    }
    const data = Buffer.allocUnsafe(end - start);
    let at = 0;
    while (at < data.length) {
      const size = readSync(this.#file, data, at, data.length - at, start + at);
      if (size === 0) break;
      at += size;
    }
    return data.subarray(0, at);
  }

  discard(): void {
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
    this.#memory = [];
    this.#size = 0;
  }
}
