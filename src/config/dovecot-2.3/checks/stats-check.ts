import type { ByteString } from '../../../../grammar/bytes.js';
import { sections } from '../effective-settings.js';
import type { View } from '../view.js';
import {
  type Check,
  eachSection,
  type Finding,
  filterError,
  finding,
  raw,
  type VersionCheck,
  words,
} from './check.js';

/** Dovecot 2.3.19.1 stats-settings.c. */
export const checkStats: VersionCheck = (view, version) => {
  const found: Finding[] = [];
  const metrics = sections(view, 'metric');
  const exporters = sections(view, 'event_exporter');
  if (exporters.length > 0) {
    const names = new Set(exporters.map(({ view: one }) => raw(one, 'name')));
    for (const { name, view: metric } of metrics) {
      const exporter = raw(metric, 'exporter');
      if (exporter !== '' && !names.has(exporter))
        found.push(
          finding(metric, 'exporter', `metric ${name} refers to non-existent exporter '${exporter}'`),
        );
    }
  }
  return [
    ...found,
    ...eachSection(view, 'metric', (metric) => checkMetric(metric, version)),
    ...eachSection(view, 'event_exporter', checkExporter),
  ];
};

const checkMetric: VersionCheck = (view, version) => {
  const name = raw(view, 'metric_name');
  if (name === '') return [finding(view, 'metric_name', "Metric name can't be empty")];
  const filter = raw(view, 'filter');
  if (filter === '')
    return [finding(view, 'filter', `metric ${name} { filter } is empty - will not match anything`)];
  const error = filterError(filter, version);
  if (error !== null) return [finding(view, 'filter', error)];
  for (const field of words(raw(view, 'group_by'), / +/)) {
    const groupError = groupByError(field);
    if (groupError !== null) return [finding(view, 'group_by', groupError)];
  }
  return [];
};

function groupByError(field: ByteString): ByteString | null {
  const [name = '', aggregate, ...args] = field.split(':');
  switch (aggregate) {
    case undefined:
      return null;
    case 'discrete':
      return args.length === 0 ? null : "group_by 'discrete' aggregate function does not take any args";
    case 'exponential':
    case 'linear':
      return quantizedError(aggregate, args);
    default:
      return `unknown aggregation function '${aggregate}' on field '${name}'`;
  }
}

function quantizedError(aggregate: 'exponential' | 'linear', args: readonly ByteString[]): ByteString | null {
  const head = `group_by '${aggregate}' aggregate function`;
  if (args.length !== 3 || !args.every((arg) => /^-?[0-9]+$/.test(arg))) return `${head} takes 3 int args`;
  const [min = 0n, max = 0n, step = 0n] = args.map(BigInt);
  if (min < 0n || max < 0n || step < 0n) return `${head} arguments must be >= 0`;
  if (min >= max) return `${head} min must be < max (${min} must be < ${max})`;
  if (aggregate === 'exponential')
    return step === 2n || step === 10n ? null : `${head} base must be one of: 2, 10 (base=${step})`;
  return min + step > max ? `${head} min+step must be <= max (${min + step} must be <= ${max})` : null;
}

const checkExporter: Check = (view) => {
  const refuse = (setting: string, text: ByteString) => [finding(view, setting, text)];
  const name = raw(view, 'name');
  if (name === '') return refuse('name', "Exporter name can't be empty");
  const format = raw(view, 'format');
  if (format === '') return refuse('format', "Exporter format name can't be empty");
  if (!['none', 'json', 'tab-text'].includes(format))
    return refuse('format', `Unknown exporter format '${format}'`);
  const transport = raw(view, 'transport');
  if (transport === '') return refuse('transport', "Exporter transport name can't be empty");
  if (!['drop', 'http-post', 'log'].includes(transport))
    return refuse('transport', `Unknown transport type '${transport}'`);
  return formatArgs(view, name, format);
};

function formatArgs(view: View, name: ByteString, format: ByteString): Finding[] {
  let time: ByteString | null = null;
  for (const arg of words(raw(view, 'format_args'), / +/)) {
    if (arg !== 'time-rfc3339' && arg !== 'time-unix')
      return [finding(view, 'format_args', `Unknown exporter format arg: ${arg}`)];
    if (time !== null && time !== arg)
      return [finding(view, 'format_args', `Exporter '${name}' specifies multiple time format args`)];
    time = arg;
  }
  if (format !== 'none' && time === null)
    return [finding(view, 'format_args', `${format} exporter format requires a time-* argument`)];
  return [];
}
