import * as of23191 from '../../knowledge/generated/module-settings-2.3.19.1.js';
import * as of23211 from '../../knowledge/generated/module-settings-2.3.21.1.js';
import type { Version23 } from '../../knowledge/versions.js';
import { withDependencies } from './modules.js';

const MODULES = { '2.3.19.1': of23191.MODULE_SETTINGS_2_3, '2.3.21.1': of23211.MODULE_SETTINGS_2_3 } as const;

/** The global settings of some modules in the order of their tables. */
export interface ModuleOrder {
  readonly rank: ReadonlyMap<string, number>;
  /** Defaults in these modules where another module has another one, the first module's first. */
  readonly defaults: ReadonlyMap<string, readonly string[]>;
}

/** What `-m` shows: each setting as the first of the wanted modules has it (Dovecot 2.3.19.1 config-request.c). */
export function moduleOrder(
  version: Version23,
  wanted: readonly string[],
  usual: (name: string) => string,
): ModuleOrder {
  const names = withDependencies(wanted);
  const rank = new Map<string, number>();
  const defaults = new Map<string, string[]>();
  const differing = new Set(MODULES[version].flatMap(([, , own]) => Object.keys(own)));
  for (const [module, settings, own] of MODULES[version]) {
    if (module !== '' && !names.has(module)) continue;
    for (const name of settings.split(' ')) {
      if (!rank.has(name)) rank.set(name, rank.size);
      if (differing.has(name)) defaults.set(name, [...(defaults.get(name) ?? []), own[name] ?? usual(name)]);
    }
  }
  return { rank, defaults };
}
