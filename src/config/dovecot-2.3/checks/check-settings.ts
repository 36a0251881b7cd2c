import { type ByteString, toUtf8 } from '../../../../grammar/bytes.js';
import type { Source } from '../../../../grammar/source.js';
import type { Version23 } from '../../../knowledge/versions.js';
import type { ConfigProblem } from '../../problem.js';
import { GLOBAL_FILTER } from '../filter.js';
import { isRenamed, type Layer, type SectionNode } from '../layer.js';
import { LayerIndex } from '../layer-index.js';
import { conflictOf } from '../merge.js';
import { type WantsSetting, wantedModules } from '../modules.js';
import type { SectionTable } from '../settings-table.js';
import { View } from '../view.js';
import { checkAuth } from './auth-check.js';
import type { Finding, VersionCheck } from './check.js';
import { checkMailStorage, checkNamespaces } from './mail-check.js';
import { checkMaster, checkMasterService, warnMaster } from './master-check.js';
import * as small from './small-checks.js';
import { checkStats } from './stats-check.js';

/** The checks of the modules, in the program's order of modules. */
const CHECKS: readonly (readonly [module: string, check: VersionCheck, lastSetting?: string])[] = [
  ['managesieve', small.checkManagesieve],
  // The master service's settings are checked for all modules.
  ['', checkMasterService, 'haproxy_timeout'],
  ['ssl', small.checkSsl],
  ['auth', checkAuth],
  ['director', small.checkDirector],
  ['doveadm', small.checkDoveadm],
  ['imap', small.checkImap],
  ['imapc', small.checkImapc],
  ['lmtp', small.checkLmtp],
  ['mail', checkMailStorage, 'pop3_uidl_format'],
  ['mail', checkNamespaces],
  ['master', checkMaster],
  ['pop3', small.checkPop3],
  ['pop3c', small.checkPop3c],
  ['stats', checkStats],
  ['submission-login', small.checkSubmission],
];

export interface CheckMessage {
  readonly text: ByteString;
  /** The last setting of the module in the order of the tables: `doveconf -S` stops there. */
  readonly lastSetting: string;
}

/** The first error of each module about what is printed: doveconf says these behind its output. */
export function checkMessages(root: SectionNode, wants: WantsSetting, version: Version23): CheckMessage[] {
  const view = new View([root]);
  return CHECKS.flatMap(([module, check, last]) => {
    if (module !== '' && !wants([module], '')) return [];
    const [first] = check(view, version);
    return first === undefined
      ? []
      : [{ text: first.text, lastSetting: last ?? lastSettingOf(module, root.table) }];
  });
}

/** What Dovecot checks when all is read (config_all_parsers_check()), for every filter and all complaints of each. */
export function checkSettings(
  layers: readonly Layer[],
  main: Source,
  modules: readonly string[],
  version: Version23,
): ConfigProblem[] {
  const index = new LayerIndex(layers);
  const wants = wantedModules(modules);
  const problems: ConfigProblem[] = [];
  const said = new Set<ByteString>();
  let warnedAboutSsl = false;
  // Where filters meet, a renamed service is one more.
  const renames = layers.some(({ root }) => root.lists.get('service')?.sections.some(isRenamed));
  const globalSsl = layers[0] === undefined ? '' : sslOf(layers[0]);
  for (const layer of layers) {
    const matching = index.matching({
      service: layer.filter.service,
      local: layer.filter.local?.address ?? null,
      remote: layer.filter.remote?.address ?? null,
      localName: layer.filter.localName,
    });
    const conflict = conflictOf(matching);
    if (conflict !== null) problems.push(conflictProblem(conflict, layer, main));
    const own = sslOf(layer) ?? globalSsl ?? '';
    if (own !== 'no' && globalSsl === 'no' && !warnedAboutSsl) {
      warnedAboutSsl = true;
      problems.push(sslProblem(own, layer));
    }
    const view = new View(matching.map(({ root }) => root));
    const isGlobal = layer.filter === GLOBAL_FILTER;
    if (isGlobal) for (const warning of warnMaster(view)) problems.push(problemOf(warning, 'warning', null));
    const touched = isGlobal ? null : touchedModules(matching);
    if (renames) touched?.add('master');
    for (const [module, check] of CHECKS) {
      if (module !== '' && !wants([module], '')) continue;
      if (touched !== null && !touched.has(module === '' ? 'master' : module)) continue;
      const findings = check(view, version).filter(({ text }) => isGlobal || !said.has(text));
      for (const one of findings) {
        said.add(one.text);
        problems.push(problemOf(one, 'error', isGlobal ? null : main));
      }
    }
  }
  return problems;
}

/** Modules whose settings the filters change: the others were checked with the global settings. */
function touchedModules(matching: readonly Layer[]): Set<string> {
  const touched = new Set<string>();
  for (const { filter, root } of matching) {
    if (filter === GLOBAL_FILTER) continue;
    for (const names of [root.values.keys(), root.lists.keys()])
      for (const name of names)
        for (const module of root.table.settings.get(name)?.modules ?? []) touched.add(module);
  }
  return touched;
}

/** The tables stand in the order of the modules, a setting at the first module that has it. */
function lastSettingOf(module: string, { settings, aliases }: SectionTable): string {
  let last = '';
  for (const [name, { modules }] of settings) if (modules[0] === module && !aliases.has(name)) last = name;
  return last;
}

function sslOf(layer: Layer): ByteString | null {
  return layer.root.values.get('ssl')?.text ?? null;
}

/** doveconf says errors of the global settings as they are (and once more at its end, with the file's name). */
function problemOf(one: Finding, severity: 'error' | 'warning', inFile: Source | null): ConfigProblem {
  const text = inFile === null ? one.text : `Error in configuration file ${inFile.path}: ${one.text}`;
  return {
    kind: 'failed-check',
    severity,
    place: one.origin,
    dovecot: { message: text, stage: 'doveconf' },
    message: toUtf8(one.text),
    subject: { name: one.setting },
  };
}

function conflictProblem(conflict: ByteString, layer: Layer, main: Source): ConfigProblem {
  return {
    kind: 'failed-check',
    severity: 'error',
    place: layer.at,
    dovecot: { message: `Error in configuration file ${main.path}: ${conflict}`, stage: 'doveconf' },
    message: toUtf8(conflict),
    subject: { name: conflict.split(' ')[3] ?? '' },
  };
}

function sslProblem(text: ByteString, layer: Layer): ConfigProblem {
  return {
    kind: 'failed-check',
    severity: 'warning',
    place: layer.root.values.get('ssl')?.origin ?? layer.at,
    dovecot: {
      message: `SSL is disabled because global ssl=no, ignoring ssl=${text} for subsection`,
      stage: 'doveconf',
    },
    message: `TLS is switched off by the global ssl = no: ssl = ${toUtf8(text)} here has no effect`,
    subject: { name: 'ssl', value: text },
  };
}
