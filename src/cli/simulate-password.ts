import { readFileSync } from 'node:fs';
import { type ByteString, fromUtf8 } from '../../grammar/bytes.js';
import { errnoText } from '../config/errno-text.js';
import { CommandFailure, EXIT_USAGE } from './exit-codes.js';
import type { SimulateOptions } from './simulate-command.js';
import type { Terminal } from './terminal.js';

/** The client's password from the one place that was named; null: not known. */
export async function readPassword(options: SimulateOptions, terminal: Terminal): Promise<ByteString | null> {
  const ways = [
    options.password !== undefined,
    options.passwordFile !== undefined,
    options.passwordStdin,
    options.passwordPrompt,
  ];
  if (ways.filter(Boolean).length > 1)
    throw new CommandFailure(
      'give one of --password-prompt, --password-stdin, --password-file and --password',
      EXIT_USAGE,
    );
  if (options.passwordPrompt) {
    const { askHidden } = await import('./hidden-prompt.js');
    return fromUtf8(await (terminal.askHidden ?? askHidden)('Password: '));
  }
  if (options.password !== undefined) return fromUtf8(options.password);
  if (options.passwordFile !== undefined) return firstLine(readOrFail(options.passwordFile));
  if (options.passwordStdin) return firstLine(terminal.readStdin?.() ?? readFileSync(0));
  return null;
}

function readOrFail(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new CommandFailure(`cannot read the password file ${path}: ${errnoText(error)}`, EXIT_USAGE);
  }
}

function firstLine(bytes: Buffer): ByteString {
  return bytes.toString('latin1').split('\n', 1)[0]?.replace(/\r$/, '') ?? '';
}
