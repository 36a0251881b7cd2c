import { type LuaEngine, LuaFactory, type LuaThread } from 'wasmoon';
import { type ByteString, fromUtf8, toUtf8 } from '../../../grammar/bytes.js';
import type { LogEntry } from '../../auth/driver.js';
import type { Series } from '../../knowledge/versions.js';
import { PRELUDE } from './prelude.js';

/** A script that runs longer blocks nothing else any more. */
const TIME_LIMIT = 10_000;

/** What a running script may ask of the request; texts are bytes on our side. */
export interface LuaRequest {
  variable(name: ByteString): ByteString | null;
  /** `V` and the value, or `E` and the error. */
  expand(template: ByteString): ByteString;
  field(name: ByteString): ByteString | null;
  userdbField(name: ByteString): ByteString | null;
  /** Verdict as Dovecot numbers it, a blank, the error. */
  verify(stored: ByteString, plain: ByteString): Promise<ByteString>;
}

/** One value that the script's side reported: a word for its kind and texts. */
export type Report = readonly ByteString[];

/** The script could not be read, loaded or initialised; the text is Lua's or Dovecot's. */
class ScriptFailure extends Error {}

/** A Lua script in a machine of its own. Calls wait for each other: they share the script's global variables. */
export class LuaScript {
  readonly #engine: LuaEngine;
  #request: LuaRequest | null = null;
  #reports: Report[] = [];
  #log: LogEntry[] = [];
  #last: Promise<unknown> = Promise.resolve();

  private constructor(engine: LuaEngine) {
    this.#engine = engine;
  }

  /** Throws ScriptFailure. */
  static async open(
    series: Series,
    path: ByteString,
    source: ByteString,
    settings: ReadonlyMap<ByteString, ByteString>,
  ): Promise<LuaScript> {
    const engine = await new LuaFactory().createEngine({ enableProxy: false });
    const script = new LuaScript(engine);
    const { global } = engine;
    const text = (value: unknown): ByteString => fromUtf8(String(value));
    const out = (value: ByteString | null): string | undefined =>
      value === null ? undefined : toUtf8(value);
    global.set('host_series', series);
    global.set('host_log', (scope: string, level: LogEntry['level'], message: string) => {
      script.#log.push({ level, text: text(message), scope: scope as 'passdb' | 'process' });
    });
    global.set('host_variable', (name: string) => out(script.#request?.variable(text(name)) ?? null));
    global.set('host_expand', (template: string) => out(script.#request?.expand(text(template)) ?? 'E'));
    global.set('host_field', (name: string) => out(script.#request?.field(text(name)) ?? null));
    global.set('host_userdb', (name: string) => out(script.#request?.userdbField(text(name)) ?? null));
    global.set('host_verify', async (stored: string, plain: string) =>
      out((await script.#request?.verify(text(stored), text(plain))) ?? '-1 '),
    );
    global.set('host_emit', (...values: unknown[]) => {
      script.#reports.push(values.map(text));
    });
    try {
      await script.#chunk(`dvproxy_run = (function() ${PRELUDE} end)()`);
      for (const call of [
        `dvproxy_run.load(${quoted(source)}, ${quoted(path)})`,
        `dvproxy_run.init(${quoted(
          [...settings]
            .flat()
            .map((part) => `${part}\0`)
            .join(''),
        )})`,
      ]) {
        const { reports } = await script.#run(call, null);
        const failure = reports.find(([kind]) => kind === 'failed');
        if (failure !== undefined) throw new ScriptFailure(failure[1] ?? '');
      }
    } catch (error) {
      script.close();
      throw error;
    }
    return script;
  }

  async hasFunction(name: string): Promise<boolean> {
    const { reports } = await this.#queue(`dvproxy_run.has(${quoted(name)})`, null);
    return reports[0]?.[1] === 'function';
  }

  /** Result of a function without arguments, with its type in front. */
  async value(name: string): Promise<Report> {
    const { reports } = await this.#queue(`dvproxy_run.value(${quoted(name)})`, null);
    return reports[0] ?? ['failed', ''];
  }

  /** Calls a function with the request and, where given, the password. Rejects never. */
  call(
    name: string,
    request: LuaRequest,
    alreadyAuthenticated: boolean,
    password: ByteString | null,
  ): Promise<{ readonly reports: readonly Report[]; readonly log: readonly LogEntry[] }> {
    const flags = alreadyAuthenticated ? "'authenticated'" : "''";
    const given = password === null ? 'nil' : quoted(password);
    return this.#queue(`dvproxy_run.call(${quoted(name)}, ${flags}, ${given})`, request);
  }

  /** Calls a function without arguments that gives a table; its values come as reports of kind `item`. */
  list(name: string): Promise<{ readonly reports: readonly Report[]; readonly log: readonly LogEntry[] }> {
    return this.#queue(`dvproxy_run.list(${quoted(name)})`, null);
  }

  close(): void {
    this.#engine.global.close();
  }

  #queue(code: string, request: LuaRequest | null) {
    const next = this.#last.then(() => this.#run(code, request));
    this.#last = next;
    return next;
  }

  async #run(code: string, request: LuaRequest | null) {
    this.#request = request;
    this.#reports = [];
    this.#log = [];
    try {
      await this.#chunk(code);
    } catch (error) {
      // A script that was stopped, or whose error is no text.
      this.#reports.push(['failed', fromUtf8(error instanceof Error ? error.message : String(error))]);
    }
    this.#request = null;
    return { reports: this.#reports, log: this.#log };
  }

  async #chunk(code: string): Promise<void> {
    const { global } = this.#engine;
    const thread: LuaThread = global.newThread();
    const place = global.getTop();
    try {
      thread.loadString(code, '=dvproxy');
      await thread.run(0, { timeout: TIME_LIMIT });
    } finally {
      global.remove(place);
    }
  }
}

/** A Lua string literal that holds any bytes, which Lua reads as they are. */
function quoted(text: ByteString): string {
  return `"${text.replace(/[^ !#-[\]-~]/g, (byte) => `\\${String(byte.charCodeAt(0)).padStart(3, '0')}`)}"`;
}
