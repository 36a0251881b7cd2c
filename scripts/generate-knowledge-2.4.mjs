// Writes src/knowledge/generated/settings-VERSION.ts: the setting tables of an installed Dovecot 2.4.
//
//   node scripts/generate-knowledge-2.4.mjs [--root DIR] [--check]
//
// Compiles settings-probe-2.4.c, preloads it into `doveconf` (inside DIR by chroot, if given) and turns the tables it
// prints into compact TypeScript. --check compares with the committed file and fails on a difference.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = fileURLToPath(new URL('.', import.meta.url));
const rootOption = process.argv.indexOf('--root');
const root = rootOption === -1 ? '' : (process.argv[rootOption + 1] ?? '');

const folder = mkdtempSync(join(root || '/', 'tmp/dvproxy-probe-'));
const inside = folder.slice(root.length);
let tables;
let importText;
let version;
try {
  execFileSync('cc', [
    '-shared',
    '-fPIC',
    '-o',
    join(folder, 'probe.so'),
    join(here, 'settings-probe-2.4.c'),
    '-ldl',
  ]);
  const run = (args, env = {}) => {
    // By env, so that chroot itself is not started with a library that only its root has.
    const assignments = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    const command = [...(root === '' ? [] : ['chroot', root]), 'env', ...assignments, ...args];
    return execFileSync(command[0], command.slice(1), { encoding: 'latin1' });
  };
  version = /^[0-9.]+/.exec(run(['dovecot', '--version']))[0];
  run(['doveconf', '-d'], { LD_PRELOAD: `${inside}/probe.so`, SETTINGS_PROBE_OUTPUT: `${inside}/tables` });
  tables = readFileSync(join(folder, 'tables'), 'latin1')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  importText = run(['doveconf', '-I', 'x']).replace(/^#.*\n/, '');
} finally {
  rmSync(folder, { recursive: true });
}

const UNLIMITED_32 = '4294967295';
const UNLIMITED_64 = '18446744073709551615';

// The text that doveconf shows for a built-in default (Dovecot 2.4.1 config-request.c config_export_type).
function shown(type, value) {
  if (value === null) return '';
  switch (type) {
    case 'bool':
      return value ? 'yes' : 'no';
    case 'uint':
      return value === UNLIMITED_32 ? 'unlimited' : value;
    case 'uint_oct':
      return value === UNLIMITED_32 ? 'unlimited' : `0${Number(value).toString(8)}`;
    case 'size':
      return value === UNLIMITED_64 ? 'unlimited' : sizeText(BigInt(value));
    case 'time':
      return value === UNLIMITED_32 ? 'infinite' : timeText(Number(value));
    case 'time_msecs':
      if (value === UNLIMITED_32) return 'infinite';
      return Number(value) % 1000 === 0 ? timeText(Number(value) / 1000) : `${value} ms`;
    default:
      return value;
  }
}

function sizeText(size) {
  if (size === 0n) return '0';
  const units = ['B', 'k', 'M', 'G', 'T'];
  let unit = 0;
  while (unit < 4 && size % 1024n === 0n) {
    size /= 1024n;
    unit++;
  }
  return `${size} ${units[unit]}`;
}

function timeText(seconds) {
  if (seconds === 0) return '0';
  const steps = [
    [60, 'mins'],
    [60, 'hours'],
    [24, 'days'],
    [7, 'weeks'],
  ];
  let unit = 'secs';
  for (const [factor, name] of steps) {
    if (seconds % factor !== 0) break;
    seconds /= factor;
    unit = name;
  }
  return `${seconds} ${unit}`;
}

// Settings in the order in which Dovecot first meets them: its hash table, and so "Did you mean one of", follows it.
const settings = new Map();
const structs = [];
const structsOf = [];
const textDefaults = [];
const services = [];
for (const row of tables) {
  if (row.service !== undefined) {
    services.push(row);
    continue;
  }
  const members = [];
  let previous = null;
  for (const define of row.defines) {
    const text = shown(define.type, define.default);
    let entry = settings.get(define.key);
    if (entry === undefined) {
      entry = { index: settings.size, ...define, text, alias: define.type === 'alias' ? previous : null };
      settings.set(define.key, entry);
      structsOf.push([]);
    }
    if (define.type !== 'alias') previous = define.key;
    // A struct whose own default differs from the first one's carries it.
    members.push(entry.text === text ? entry.index : [entry.index, text]);
  }
  for (const member of members) structsOf[[member].flat()[0]].push(structs.length);
  structs.push([row.struct, row.check ? 1 : 0, members]);
  textDefaults.push(row.defaults);
}

const settingRows = [...settings.values()].map((s) => {
  const row = [s.key, s.type, s.text];
  if (s.hidden || s.nameField || s.required || s.alias) row.push(s.hidden ? 1 : 0);
  if (s.nameField || s.required || s.alias) row.push(s.nameField ?? s.alias ?? '');
  if (s.required) row.push(s.required);
  return row;
});

// Made here, since a start would take a millisecond to find out.
const settingStructs = structsOf.map((found) => (found.length === 1 ? found[0] : found));

// Values of a built-in service that are set at all (config_parser_add_service_default_struct): numbers of value 0 mean
// the global default, strings and booleans are always set.
const serviceSources = services.map((s) => {
  const values = [
    ['service_name', s.service],
    ['service_protocol', s.protocol],
    ['service_type', s.type],
    // 2.4.5 exports a text that is none as empty.
    ['service_executable', version === '2.4.1' ? s.executable : (s.executable ?? '')],
    ['service_user', s.user],
    ['service_group', s.group],
    ['service_privileged_group', s.privileged_group],
    ['service_chroot', s.chroot],
    ['service_drop_priv_before_exec', s.drop_priv_before_exec ? 'yes' : 'no'],
    // All of them have `no`.
    ...(settings.has('service_reuse_port') ? [['service_reuse_port', 'no']] : []),
    ['service_process_min_avail', shown('uint', s.process_min_avail)],
    ['service_process_limit', shown('uint', s.process_limit)],
    ['service_client_limit', shown('uint', s.client_limit)],
    ['service_restart_request_count', shown('uint', s.restart_request_count)],
    ['service_idle_kill_interval', shown('time', s.idle_kill_interval)],
    ['service_vsz_limit', shown('size', s.vsz_limit)],
  ].filter(([key, text]) => text !== null && (text !== '0' || !/_(avail|limit|count|interval)$/.test(key)));
  return [s.service, values, s.defaults];
});
const singleProcessServices = services.filter((s) => s.process_limit_1).map((s) => s.service);

const bundle = join(mkdtempSync(join(tmpdir(), 'dvproxy-built-in-')), 'built-in.mjs');
await build({
  entryPoints: [join(here, 'built-in-2.4.ts')],
  bundle: true,
  platform: 'node',
  format: 'esm',
  outfile: bundle,
});
const resolver = await import(bundle);
rmSync(dirname(bundle), { recursive: true });
const builtInFilters = resolver.builtInFilters(
  version,
  { settingRows, settingStructs, structRows: structs, singleProcessServices },
  { services: serviceSources, textDefaults, text: importText },
);

const lines = (rows) => `[\n${rows.map((row) => JSON.stringify(row)).join(',\n')},\n]`;
const text = `// Generated by scripts/generate-knowledge-2.4.mjs from doveconf ${version}. Do not edit.
import type { BuiltInFilterRow, SettingRow, StructRow } from '../tables-2.4.js';

/** name, type, default as doveconf shows it (enum: all values, the default first), hidden, name field or alias, required. */
export const settingRows: readonly SettingRow[] = ${lines(settingRows)};

/** The struct of each setting, or the structs in Dovecot's order. */
export const settingStructs: readonly (number | readonly number[])[] = ${JSON.stringify(settingStructs)};

/** name, has a check, settings (index, or index with a default of its own). */
export const structRows: readonly StructRow[] = ${lines(structs)};

/** Built-in services whose process_limit must be 1. */
export const singleProcessServices: readonly string[] = ${JSON.stringify(singleProcessServices)};

/** What is built in, resolved: the filters of the root and of the defaults, then all that stand below them. */
export const builtInFilters: readonly BuiltInFilterRow[] = ${lines(builtInFilters)};
`;

const target = join(here, `../src/knowledge/generated/settings-${version}.ts`);
if (process.argv.includes('--check')) {
  if (readFileSync(target, 'utf8') !== text) {
    process.stderr.write(`${target} differs from the installed Dovecot\n`);
    process.exitCode = 1;
  }
} else {
  writeFileSync(target, text);
}
