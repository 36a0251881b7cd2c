import type { RegisterCommand } from './main.js';

/** What `simulate --workers` starts in threads of its own; nobody calls it by hand. */
export const registerSimulateWorker: RegisterCommand = (program, _terminal, done) => {
  program.command('simulate-worker', { hidden: true }).action(async () => {
    const { runSimulateWorker } = await import('./simulate-worker-run.js');
    done(await runSimulateWorker());
  });
};
