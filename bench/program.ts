import { resolve } from 'node:path';

/** The built program. */
export const DVPROXY: readonly string[] = [process.execPath, resolve('bin/dvproxy.js')];
