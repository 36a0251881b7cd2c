/** Exit codes of all commands (cli.md). */
export const EXIT_OK = 0;
/** The answer is no: findings at or above the threshold, login refused, expectation not met, difference found. */
export const EXIT_NO = 1;
/** Wrong usage or an unreadable main file. */
export const EXIT_USAGE = 2;
export const EXIT_INTERNAL = 3;
/** A database did not answer. */
export const EXIT_TEMPORARY = 75;

/** Ends a command with a message on stderr (`dvproxy: TEXT`) and a code; never a stack trace. */
export class CommandFailure extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number) {
    super(message);
    this.exitCode = exitCode;
  }
}
