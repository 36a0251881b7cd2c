import fc from 'fast-check';
import words from '../../fixtures/config-corners/words.json' with { type: 'json' };
import { settingsTable as settingsTable23 } from '../../src/config/dovecot-2.3/settings-table.js';
import { settingsTable as settingsTable24 } from '../../src/config/dovecot-2.4/settings-table.js';
import { type DovecotVersion, isVersion23 } from '../../src/knowledge/versions.js';
import { randomConfig23 } from '../config/dovecot-2.3/random-config.js';
import { ConfigWriter, Dice } from '../config/dovecot-2.4/random-config.js';
import type { Question } from './question.js';

/** Random configurations asked with all flags, alone and together, with names and filters. */
export function flagQuestions(version: DovecotVersion, count: number, seed: number): Question[] {
  const dice = new Dice(seed);
  const texts = isVersion23(version)
    ? fc.sample(randomConfig23, { seed, numRuns: count })
    : Array.from({ length: count }, () => new ConfigWriter(dice.below(2 ** 31)).write());
  return texts.map((text) => ({ files: { 'a.conf': text }, main: 'a.conf', args: flags(version, dice) }));
}

const FILTERS = words.filters;

function flags(version: DovecotVersion, dice: Dice): string[] {
  const is23 = isVersion23(version);
  const args: string[] = [];
  const scope = dice.pick([...words.n, is23 ? '-a' : '']);
  if (scope !== '') args.push(scope);
  for (const flag of ['-P', '-x', '-h', ...(is23 ? ['-S'] : [])]) if (dice.chance(0.15)) args.push(flag);
  while (dice.chance(0.25))
    args.push(
      '-f',
      dice.pick([
        ...FILTERS,
        is23 ? 'lname=mail.example.org' : 'local_name=mail.example.org',
        is23 ? 'lname=a.example' : 'local_name=a.example.org',
      ]),
    );
  if (is23) while (!args.includes('-S') && dice.chance(0.12)) args.push('-m', dice.pick(words.imap));
  if (dice.chance(0.2))
    return [
      args.join('').includes('f') || args.includes('-m')
        ? args
        : [`-${args.map((one) => one.slice(1)).join('')}`].filter((one) => one !== '-'),
    ].flat();
  let names = dice.chance(0.55) ? 1 : 0;
  if (names > 0 && dice.chance(0.3)) names += dice.below(3);
  for (let i = 0; i < names; i++) args.push(nameFor(version, dice));
  return args;
}

const NAMES = words.names;

const NAMES_23 = [...settingsTable23('2.3.19.1').settings.keys()];
const NAMES_24 = settingsTable24('2.4.1').settings.map(({ name }) => name);

function nameFor(version: DovecotVersion, dice: Dice): string {
  return dice.pick(dice.chance(0.5) ? NAMES : isVersion23(version) ? NAMES_23 : NAMES_24);
}

/** Corners of the file language: short files of statements that are each unusual, with includes. */
export function corners(version: DovecotVersion, count: number, seed: number): Question[] {
  const dice = new Dice(seed);
  return Array.from({ length: count }, () => new CornerWriter(version, dice).write());
}

const KEYS23 = words.keys23;
const KEYS24 = words.keys24;
const VALUES = words.values;
const ODD = words.odd;
const CONT = words.cont;

class CornerWriter {
  readonly #is23: boolean;
  readonly #dice: Dice;

  constructor(version: DovecotVersion, dice: Dice) {
    this.#is23 = isVersion23(version);
    this.#dice = dice;
  }

  write(): Question {
    const dice = this.#dice;
    const lines: string[] = [];
    if (!this.#is23) lines.push(...this.#head());
    const count = 1 + dice.below(5);
    for (let i = 0; i < count; i++) lines.push(this.#statement(0));
    const newline = dice.chance(0.05) ? '\r\n' : '\n';
    let text = lines.join(newline);
    if (dice.chance(0.8)) text += newline;
    if (dice.chance(0.02)) text = `\u00ef\u00bb\u00bf${text}`;
    const scope = dice.pick(words.n2);
    const args = scope === '' ? [] : [scope];
    if (dice.chance(0.1))
      args.push(
        ...dice.pick([
          ['-f', 'protocol=imap'],
          ['-f', 'local=10.0.0.1'],
          ['mail_home'],
          ['-h', 'mail_home'],
          ['-f', 'remote=192.168.1.2'],
          ['protocols', 'ssl'],
        ]),
      );
    const inner = () => `${this.#statement(1)}\n`;
    const main = dice.chance(0.98) ? 'a.conf' : dice.pick(['nope.conf', 'sub', 'dangling', 'empty.conf']);
    return {
      main,
      args,
      files: {
        'a.conf': text,
        'x.conf': dice.chance(0.5) ? 'hostname = inc\n' : inner(),
        'inc/a.conf': 'mail_uid = a\n',
        'inc/b.conf': dice.chance(0.5) ? 'mail_uid = b\n' : inner(),
        'inc/deep.conf': '!include ../x.conf\n!include b.conf\n',
        'loop.conf': '!include a.conf\n',
        'open.conf': 'protocol pop3 {\n',
        'close.conf': '}\n',
        'cont.conf': 'mail_home = c \\\n',
        'bad.conf': '\n\nfoo = bar\n',
        'bom.conf': '\u00ef\u00bb\u00bfssl = no\n',
        'nonl.conf': 'hostname = nonl',
        'empty.conf': '',
        dangling: '@LINK@nowhere',
        sub: null,
        'x.txt': dice.pick(words.fileText),
      },
      environment: dice.chance(0.6) ? { FOO: dice.pick(words.foo) } : {},
    };
  }

  #head(): string[] {
    const dice = this.#dice;
    if (dice.chance(0.85)) return ['dovecot_config_version = 2.4.1', 'dovecot_storage_version = 2.4.1'];
    const config = dice.pick(words.dovecotConfigVersion240);
    const storage = dice.pick(words.dovecotStorageVersion240);
    return [config, storage];
  }

  #setting(): string {
    const dice = this.#dice;
    return `${dice.pick(this.#is23 ? KEYS23 : KEYS24)}${dice.pick([' = ', ' = ', '=', '  =  '])}${dice.pick(VALUES)}`;
  }

  #statement(depth: number): string {
    const dice = this.#dice;
    const kind = dice.below(20);
    if (kind < 6) return this.#setting();
    if (kind < 8) return dice.pick(ODD);
    if (kind === 8) return dice.pick(CONT);
    if (kind < 13) return this.#section(depth);
    if (kind < 16) return this.#filter(depth);
    if (kind < 19) return this.#special();
    return noise(this.#setting(), dice);
  }

  #block(head: string, depth: number, more: readonly string[] = []): string {
    const dice = this.#dice;
    const lines: string[] = [];
    const count = dice.below(depth > 2 ? 2 : 4);
    for (let i = 0; i < count; i++)
      lines.push(more.length > 0 && dice.chance(0.7) ? dice.pick(more) : this.#statement(depth + 1));
    const open = dice.chance(0.95) ? ' {' : dice.pick(words.x);
    const close = dice.chance(0.96) ? '}' : dice.pick(words.x2);
    return [`${head}${open}`, ...lines, close].join('\n');
  }

  #filter(depth: number): string {
    return this.#block(this.#dice.pick(words.protocolImap), depth);
  }

  #section(depth: number): string {
    const dice = this.#dice;
    if (!this.#is23) return this.#section24(depth);
    switch (dice.below(11)) {
      case 0:
        return this.#block(dice.pick(words.plugin), depth, words.pluginLines);
      case 1:
        return this.#block(dice.pick(words.passdb), depth, words.passdbLines);
      case 2:
        return this.#block(
          dice.pick(['userdb', 'userdb', 'userdb x', 'userdb "a b"', 'userdb x']),
          depth,
          words.passdbLines2,
        );
      case 3:
        return this.#block(dice.pick(words.namespace), depth, words.namespaceLines);
      case 4:
      case 5:
        return this.#block(dice.pick(words.serviceImapLogin), depth, SERVICE_LINES);
      case 6:
        return this.#block(
          dice.pick(['metric m', 'metric', 'metric "a b"', 'metric m']),
          depth,
          words.serviceImapLoginLines,
        );
      case 7:
        return this.#block(
          dice.pick(['event_exporter e', 'event_exporter', 'event_exporter log']),
          depth,
          words.serviceImapLoginLines2,
        );
      case 8:
        return this.#block(dice.pick(words.authDefault), depth, words.authDefaultLines);
      default:
        return this.#block(dice.pick(['service imap-login', 'service auth', 'service x']), depth, [
          this.#block(dice.pick(LISTENERS), depth + 1, LISTENER_LINES),
          ...SERVICE_LINES,
        ]);
    }
  }

  #section24(depth: number): string {
    const dice = this.#dice;
    switch (dice.below(12)) {
      case 0:
        return this.#block(dice.pick(words.mailPlugins), depth, words.mailPluginsLines);
      case 1:
        return this.#block(dice.pick(words.passdbFields), depth, words.passdbFieldsLines);
      case 2:
      case 3:
        return this.#block(dice.pick(words.passdbStatic), depth, words.passdbStaticLines);
      case 4:
        return this.#block(dice.pick(words.namespaceInbox), depth, words.namespaceInboxLines);
      case 5:
      case 6:
        return this.#block(dice.pick(words.serviceImapLogin2), depth, [
          ...SERVICE_LINES,
          'restart_request_count = 5',
          'service_restart_request_count = unlimited',
          'service_process_limit = 3',
          this.#block(dice.pick(LISTENERS), depth + 1, [
            ...LISTENER_LINES,
            'listen = 127.0.0.1',
            'inet_listener_port = 99',
            'type = x',
          ]),
        ]);
      case 7:
        return this.#block(
          dice.pick(['metric m', 'metric', 'metric "a b"', 'event_exporter e', 'event_exporter']),
          depth,
          words.serviceImapLoginLines3,
        );
      case 8:
        return this.#block(dice.pick(words.sslServer), depth, words.sslServerLines);
      case 9:
        return this.#block(dice.pick(words.groupGOne), depth, words.groupGOneLines);
      case 10:
        return this.#block(dice.pick(words.quotaX), depth, words.quotaXLines);
      default:
        return dice.pick(words.gOne);
    }
  }

  #special(): string {
    const dice = this.#dice;
    if (!this.#is23) return dice.pick(words.sslRequiredAuthAllowClea);
    return dice.pick(words.protocolsImapImaps);
  }
}

const SERVICE_LINES = words.serviceLines;
const LISTENERS = words.listeners;
const LISTENER_LINES = words.listenerLines;

/** One byte of a line changed. */
function noise(line: string, dice: Dice): string {
  const at = dice.below(line.length + 1);
  const byte = String.fromCharCode(dice.below(256)).replace(/[\n/]/, 'x');
  return line.slice(0, at) + byte + line.slice(at + dice.below(2));
}
