import { allPassdbs, allUserdbs } from '../check/chains.js';
import type { DatabaseAnswer } from '../check/database-answers.js';
import type { Config } from '../config/config.js';
import { FixtureError } from '../databases/fixture/fixture-error.js';
import { MissingLibrary } from '../databases/missing-library.js';
import { probeDatabases } from '../databases/probe.js';
import type { ConfigOptions } from './common-options.js';
import { CommandFailure, EXIT_USAGE } from './exit-codes.js';
import { mappedPath } from './node-file-probe.js';

/** Asks the databases of all blocks, or the fixtures in their place. */
export async function askDatabases(
  config: Config,
  maps: ConfigOptions['map'],
  fixtures: readonly string[],
): Promise<DatabaseAnswer[]> {
  const blocks = [...allPassdbs(config), ...allUserdbs(config)];
  const options = { fixtures, mapPath: (path: string) => mappedPath(path, maps), now: Date.now };
  const answers = await probeDatabases(config, blocks, options).catch((error: unknown) => {
    if (error instanceof FixtureError || error instanceof MissingLibrary)
      throw new CommandFailure(error.message, EXIT_USAGE);
    throw error;
  });
  return answers.map(({ block, ...rest }) => ({ ...rest, block: blocks.indexOf(block) }));
}
