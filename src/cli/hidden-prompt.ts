import { ReadStream } from 'node:tty';
import { CommandFailure, EXIT_USAGE } from './exit-codes.js';

/** The first line that is typed at the terminal, which shows nothing of it. */
export async function askHidden(prompt: string): Promise<string> {
  const input = process.stdin;
  if (!(input instanceof ReadStream) || !input.isTTY)
    throw new CommandFailure(
      'there is no terminal to ask for the password; use --password-stdin or --password-file',
      EXIT_USAGE,
    );
  process.stderr.write(prompt);
  input.setRawMode(true);
  input.setEncoding('utf8');
  try {
    return await typedLine(input);
  } finally {
    input.setRawMode(false);
    input.pause();
    process.stderr.write('\n');
  }
}

function typedLine(input: ReadStream): Promise<string> {
  return new Promise((resolve, reject) => {
    let line: string[] = [];
    const read = (chunk: string) => {
      for (const key of chunk) {
        if (key === '\r' || key === '\n' || (key === '\x04' && line.length > 0)) {
          input.off('data', read);
          resolve(line.join(''));
          return;
        }
        if (key === '\x03' || key === '\x04') {
          input.off('data', read);
          reject(new CommandFailure('no password was given', EXIT_USAGE));
          return;
        }
        if (key === '\x7f' || key === '\b') line.pop();
        else if (key === '\x15') line = [];
        else line.push(key);
      }
    };
    input.on('data', read);
    input.once('end', () => reject(new CommandFailure('no password was given', EXIT_USAGE)));
  });
}
