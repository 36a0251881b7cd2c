import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { ByteString } from '../../grammar/bytes.js';
import type { Series } from '../../src/knowledge/versions.js';
import { DOVECOT_24_ROOT } from './servers/dovecot-2.4-root.js';

/** What the auth process says of an expression. 2.3 hands out a text even where a variable is unknown. */
export type OracleAnswer =
  | { readonly kind: 'text'; readonly text: ByteString }
  | { readonly kind: 'error'; readonly message: ByteString }
  | { readonly kind: 'crash' };

export function oracleAvailable(series: Series): boolean {
  if (series === '2.4') return existsSync(`${DOVECOT_24_ROOT}/usr/lib/dovecot/modules/auth/libauthdb_lua.so`);
  const { stdout } = spawnSync('dovecot', ['--version'], { encoding: 'utf8' });
  return stdout?.startsWith('2.3') === true && existsSync('/usr/lib/dovecot/modules/auth/libauthdb_lua.so');
}

/** Goes on behind an expression that killed the process: its `S` line has no answer. */
const LUA = `
local function unhex(s) return (s:gsub('..', function(x) return string.char(tonumber(x, 16)) end)) end
local function hex(s) return (s:gsub('.', function(c) return string.format('%02x', string.byte(c)) end)) end
function auth_passdb_lookup(req)
  local answered, started = 0, -1
  local before = io.open('@DIR@/answers', 'r')
  if before then
    for line in before:lines() do
      if line:sub(1, 1) == 'S' then started = tonumber(line:sub(3)) else answered = answered + 1 end
    end
    before:close()
  end
  local out = io.open('@DIR@/answers', 'a')
  if started >= answered then out:write('X\\n') answered = answered + 1 end
  local i = 0
  for line in io.lines('@DIR@/expressions') do
    if i >= answered then
      out:write('S ' .. i .. '\\n') out:flush()
      local ok, value = pcall(function() return req:var_expand(unhex(line)) end)
      out:write((ok and 'V ' or 'E ') .. hex(tostring(value or '')) .. '\\n') out:flush()
    end
    i = i + 1
  end
  out:close()
  return dovecot.auth.PASSDB_RESULT_USER_UNKNOWN, 'done'
end
function script_init() return 0 end
function script_deinit() end
`;

function configuration(series: Series, dir: string): string {
  const common = `base_dir = ${dir}/run
state_dir = ${dir}/run
log_path = ${dir}/log
protocols =
ssl = no
auth_username_chars =
auth_username_format =
service auth {
  user = root
}
service anvil {
  chroot =
}
service stats {
  chroot =
}
`;
  if (series === '2.3')
    return `${common}passdb {\n  driver = lua\n  args = file=${dir}/oracle.lua blocking=no\n}\n`;
  return `dovecot_config_version = 2.4.1
dovecot_storage_version = 2.4.1
${common}auth_internal_failure_delay = 0
passdb lua {
  lua_file = ${dir}/oracle.lua
  passdb_use_worker = no
}
`;
}

/** A Dovecot whose auth process evaluates expressions through its Lua passdb. */
export class VariablesOracle {
  readonly #series: Series;
  readonly #host: string;
  readonly #dir: string;
  readonly #dovecot: ChildProcess;

  constructor(series: Series) {
    this.#series = series;
    const root = series === '2.4' ? DOVECOT_24_ROOT : '';
    this.#host = mkdtempSync(`${root}/tmp/dvproxy-variables-`);
    this.#dir = this.#host.slice(root.length);
    mkdirSync(join(this.#host, 'run'));
    writeFileSync(join(this.#host, 'oracle.lua'), LUA.replaceAll('@DIR@', this.#dir));
    writeFileSync(join(this.#host, 'dovecot.conf'), configuration(series, this.#dir));
    const [program = '', ...args] = this.#command('dovecot', ['-F', '-c', `${this.#dir}/dovecot.conf`]);
    this.#dovecot = spawn(program, args, { stdio: 'ignore' });
  }

  #command(program: string, args: readonly string[]): string[] {
    return this.#series === '2.4' ? ['chroot', DOVECOT_24_ROOT, program, ...args] : [program, ...args];
  }

  /** Evaluates with `doveadm auth test -x KEY=VALUE ... user password`. */
  async evaluate(
    expressions: readonly ByteString[],
    request: { user: string; password: string; info: readonly string[] },
  ): Promise<OracleAnswer[]> {
    const lines = expressions.map((expression) => Buffer.from(expression, 'latin1').toString('hex'));
    const answers = join(this.#host, 'answers');
    rmSync(answers, { force: true });
    writeFileSync(join(this.#host, 'expressions'), `${lines.join('\n')}\n`);
    const info = request.info.flatMap((one) => ['-x', one]);
    const test = ['-c', `${this.#dir}/dovecot.conf`, 'auth', 'test', ...info, request.user, request.password];
    const [program = '', ...args] = this.#command('doveadm', test);
    let found: string[] = [];
    for (let attempt = 0; attempt < 300 && found.length < expressions.length; attempt++) {
      spawnSync(program, args, { stdio: 'ignore' });
      if (existsSync(answers))
        found = readFileSync(answers, 'latin1')
          .split('\n')
          .filter((line) => /^[VEX]/.test(line));
      if (found.length < expressions.length) await setTimeout(100);
    }
    return found.map((line) => {
      const text = Buffer.from(line.slice(2), 'hex').toString('latin1');
      if (line.startsWith('X')) return { kind: 'crash' };
      return line.startsWith('V') ? { kind: 'text', text } : { kind: 'error', message: text };
    });
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.#dovecot.once('exit', resolve));
    this.#dovecot.kill('SIGTERM');
    await ended;
    rmSync(this.#host, { recursive: true, force: true });
  }
}
