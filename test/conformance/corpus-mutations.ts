import { readFileSync } from 'node:fs';
import { type DovecotVersion, isVersion23 } from '../../src/knowledge/versions.js';
import { Dice } from '../config/dovecot-2.4/random-config.js';
import { CORPUS, corpusSets } from './corpus.js';
import type { Question } from './question.js';

const INVALID = [
  'maybe',
  '',
  '-1',
  '99999999999',
  '10 parsecs',
  '"',
  "'",
  'a"b',
  '%{',
  '$x',
  '<nofile',
  '{',
  '5',
  'x y',
  'YES',
  '0888',
  '%u',
];
const JUNK = [
  '}',
  '{',
  'x',
  'foo = bar',
  'foo {',
  '!include',
  '!include nothing.conf',
  '!include_try nothing.conf',
  '= x',
  'ssl',
  '# \\',
  '\\',
  'x\\',
  '\u0000',
  'ssl=no#x',
  'passdb {',
  'plugin {',
  'service x {',
  'protocol imap {',
  'local 10.0.0.1 {',
  'mail_plugins = $mail_plugins x',
  '} x',
  '"ssl" = no',
  '\t',
  '\xff = \xfe',
  '  }  # x',
  'namespace {',
  'dovecot_config_version = 2.4.1',
  'key = "unclosed',
  'ssl = $ENV:HOME',
];

/** Configurations that other people wrote with one thing changed, as their files lie in the folder of the question. */
export function corpusMutations(
  version: DovecotVersion,
  count: number,
  seed: number,
  changes = 1,
): Question[] {
  const sets = corpusSets(isVersion23(version) ? '2.3.19.1' : '2.4.1').filter(({ version_guess }) =>
    isVersion23(version) ? version_guess !== '2.4' : version_guess === '2.4',
  );
  const dice = new Dice(seed);
  return Array.from({ length: count }, () => {
    const set = dice.pick(sets);
    const files: Record<string, string> = {};
    for (const name of new Set([set.main, ...set.files])) {
      const text = readFileSync(`${CORPUS}/${set.slug}/${name}`, 'latin1');
      files[name] = text.replace(/\/(?:usr\/local\/)?etc\/dovecot\b/g, '@FOLDER@');
    }
    for (let i = 0; i < changes; i++) {
      const name = dice.chance(0.5) ? set.main : dice.pick(Object.keys(files));
      files[name] = mutated(files[name] ?? '', dice);
    }
    return { files, main: set.main, args: ['-n'] };
  });
}

function mutated(text: string, dice: Dice): string {
  const lines = text.split('\n');
  // Where something stands, as a rule.
  const filled = lines.flatMap((line, at) => (/^\s*[^\s#]/.test(line) ? [at] : []));
  const spot = () => (filled.length > 0 && dice.chance(0.9) ? dice.pick(filled) : dice.below(lines.length));
  const at = spot();
  const line = lines[at] ?? '';
  switch (dice.below(13)) {
    case 0:
      lines.splice(at, 1);
      break;
    case 1:
      lines.splice(at, 0, line);
      break;
    case 2: {
      const other = spot();
      lines[at] = lines[other] ?? '';
      lines[other] = line;
      break;
    }
    case 3:
    case 4:
      lines[at] = line.replace(/=.*/, `= ${dice.pick(INVALID)}`);
      break;
    case 5: {
      const braces = lines.flatMap((one, index) => (/[{}]/.test(one) && !/^\s*#/.test(one) ? [index] : []));
      if (braces.length > 0) {
        const brace = dice.pick(braces);
        lines[brace] = (lines[brace] ?? '').replace(/[{}]/, '');
      }
      break;
    }
    case 6:
      lines.splice(at, 0, dice.pick(JUNK));
      break;
    case 7:
      lines[at] =
        line +
        dice.pick([' \\', '#c', ' # c', ' x', '"', "'", ' {', ' }', '\r', '\u0000zz', ' ,b', '%{user}']);
      break;
    case 8:
      lines[at] = line.replace(/=/, dice.pick(['', '==', ':', '= =', ' = "', '= <', '= $']));
      break;
    case 9: {
      // A line of one place moves to another.
      lines.splice(at, 1);
      lines.splice(dice.below(lines.length + 1), 0, line);
      break;
    }
    case 10: {
      const place = dice.below(line.length + 1);
      lines[at] =
        line.slice(0, place) +
        dice.pick(['x', '_', '"', '/', ' ', '=', '#', '', '\\', '\xe4']) +
        line.slice(place + 1);
      break;
    }
    case 11: {
      const version = lines.findIndex((one) => one.includes('_version'));
      if (version !== -1)
        lines[version] = dice.pick([
          'dovecot_config_version = 2.4.0',
          'dovecot_config_version = 2.4.2',
          'dovecot_config_version = 2.4.1',
          'dovecot_storage_version = 2.3.0',
          '',
          'dovecot_config_version = "2.4.1"',
          'dovecot_config_version = 2.4.5',
        ]);
      break;
    }
    default:
      // Cut off.
      lines.splice(at + 1);
      if (dice.chance(0.5)) lines[at] = line.slice(0, dice.below(line.length + 1));
  }
  return lines.join('\n');
}
