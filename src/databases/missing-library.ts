/** A package that is not there; the message says how to install it. */
export class MissingLibrary extends Error {}

/** Loads a part that needs a package which may be left out of an installation. */
export async function importDriver<T>(packageName: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    const { code, message } = error as { code?: string; message?: string };
    // The built program loads by require, sources by import.
    const isMissing = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
    if (isMissing && message?.split('\n')[0]?.includes(`'${packageName}`))
      throw new MissingLibrary(
        `the database driver needs the package ${packageName}: run npm install ${packageName}`,
      );
    throw error;
  }
}
