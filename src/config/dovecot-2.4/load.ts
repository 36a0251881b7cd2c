import type { ByteString } from '../../../grammar/bytes.js';
import { isVersion23 } from '../../knowledge/versions.js';
import { errnoText } from '../errno-text.js';
import { type ConfEvent, type LoadInput, type LoadResult, resolvePath } from '../load-input.js';
import type { Origin } from '../origin.js';
import type { DumpOptions } from '../print/dump.js';
import type { ConfigProblem } from '../problem.js';
import { brokenVariables } from './broken-variables.js';
import { type Builder, type BuildMode, Refused } from './builder.js';
import { checkSettings } from './checks/check-settings.js';
import { EffectiveSettings } from './effective-settings.js';
import { checkGroups } from './finish.js';
import { dumpQuestion } from './print/dump-question.js';
import { dump24 } from './print/dumper.js';
import { Reading } from './reading.js';
import { type SettingsTable, settingsTable } from './settings-table.js';

/** Reads a 2.4 configuration: all its problems, its effective settings and its printed form. */
export function load24(input: LoadInput): LoadResult {
  const table = tableOf(input);
  const events: ConfEvent[] = [];
  input.read((event) => events.push(event));
  const mode = { prefixesInFilters: true, expand: input.expand, served: false };
  const reading = read(input, events, true, mode);
  const { builder, problems } = reading;
  const isBroken = problems.some((problem) => problem.severity === 'error');
  const groupProblems = builder.rules.fillsGroupsAtUse ? [] : checkGroups(builder.tree.all);
  problems.push(...groupProblems);
  const unclosed = unclosedSection(input, builder);
  if (unclosed !== null) problems.push(unclosed);
  const late = [...groupProblems, ...(unclosed === null ? [] : [unclosed])];
  problems.push(...brokenVariables(builder.tree));
  const checked = checkSettings(builder.tree, input);
  problems.push(...checked);
  if (!hasStorageVersion(builder)) problems.push(storageVersionProblem());

  const build = (): Builder =>
    read(input, events, false, { prefixesInFilters: false, expand: true, served: true }).builder;
  /** Printing changes what was read: the first one takes this reading, a later one reads again. */
  let unprinted: Reading | null = reading;
  const readToPrint = ({ scope, names: [name] }: DumpOptions): Reading => {
    const first = unprinted;
    unprinted = null;
    const prefixesInFilters = !builder.rules.asksPlainNames || (name?.includes('/') ?? true);
    if (first !== null && scope !== 'defaults' && prefixesInFilters) return first;
    return read(input, scope === 'defaults' ? [] : events, false, { ...mode, prefixesInFilters });
  };
  return {
    problems,
    readings: input.lenient ? reading.replacements : [],
    effective: new EffectiveSettings(table.version, build, input.main),
    wrongFilter: (filters) => {
      const question = dumpQuestion(table, filters, input.host.lookUp);
      return typeof question === 'string' ? question : null;
    },
    dump: (options) =>
      dump24(
        {
          question: () => dumpQuestion(table, options.filters, input.host.lookUp),
          read: () => readToPrint(options),
          late: isBroken ? [] : late,
          check: (tree) =>
            tree === builder.tree && options.names.length + options.filters.length === 0
              ? checked
              : checkSettings(tree, input),
        },
        options,
      ),
  };
}

function tableOf({ version }: LoadInput): SettingsTable {
  if (isVersion23(version)) throw new Error(`${version} is no 2.4`);
  return settingsTable(version);
}

function read(input: LoadInput, events: readonly ConfEvent[], explains: boolean, mode: BuildMode): Reading {
  const readFile = (path: ByteString, origin: Origin | null): ByteString => {
    // The servers' view keeps the path: who needs a certificate reads it.
    const full = origin === null ? path : resolvePath(path, origin.source);
    if (mode.served) return full;
    try {
      return `${full}\n${input.readFile(full)}`;
    } catch (error) {
      throw new Refused('include-unreadable', `open(${full}) failed: ${errnoText(error)}`);
    }
  };
  const reading = new Reading(
    tableOf(input),
    mode,
    { ...input.host, readFile: input.readFile },
    readFile,
    explains,
  );
  for (const event of events) reading.take(event);
  reading.settle();
  return reading;
}

function unclosedSection(input: LoadInput, builder: Builder): ConfigProblem | null {
  const { section } = builder;
  if (section.parent === null || section.origin === null) return null;
  const { source, span, line } = section.origin;
  const text = `Missing '}' (section started at ${source.path}:${line})`;
  return {
    kind: 'unclosed-section',
    severity: 'error',
    place: { source, span },
    dovecot: { message: `Error in configuration file ${input.main.path}: ${text}`, stage: 'doveconf' },
    message: `Section opened at line ${line} is never closed`,
  };
}

function hasStorageVersion(builder: Builder): boolean {
  const stored = builder.tree.root.values.get('dovecot_storage_version');
  return stored?.kind === 'text' && stored.text !== '';
}

function storageVersionProblem(): ConfigProblem {
  return {
    kind: 'missing-required',
    severity: 'error',
    place: null,
    dovecot: { message: 'dovecot_storage_version setting must be set', stage: 'doveconf' },
    message: 'dovecot_storage_version must be set (for a new installation: the version installed now)',
    subject: { name: 'dovecot_storage_version' },
  };
}
