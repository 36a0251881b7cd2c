import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Path of a certificate or key of fixtures/tls. */
export function tlsPath(name: string): string {
  return fileURLToPath(new URL(`../../fixtures/tls/${name}`, import.meta.url));
}

export function tlsFile(name: string): Buffer {
  return readFileSync(tlsPath(name));
}
