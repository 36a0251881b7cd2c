/** Which modules' settings belong to a list of wanted modules (`-m`). */
export function wantedModules(wanted: readonly string[]): (modules: readonly string[]) => boolean {
  if (wanted.length === 0) return () => true;
  const names = new Set(wanted.flatMap((name) => [name, ...(DEPENDENCIES[name] ?? [])]));
  return (modules) => modules.some((module) => names.has(module));
}

const DEPENDENCIES: Readonly<Record<string, readonly string[]>> = {};
