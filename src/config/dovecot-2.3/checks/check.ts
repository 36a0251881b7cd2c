import type { ByteString } from '../../../../grammar/bytes.js';
import type { Version23 } from '../../../knowledge/versions.js';
import { eventFilterError, NEW_WORDS, OLD_WORDS } from '../../event-filter.js';
import type { Origin } from '../../origin.js';
import { sections } from '../effective-settings.js';
import { View } from '../view.js';

/** One complaint of a check: Dovecot's words and the setting that it is about. */
export interface Finding {
  readonly text: ByteString;
  readonly setting: string;
  readonly origin: Origin | null;
}

/** All complaints of one module's check about one level of settings, in the order in which Dovecot looks. */
export type Check = (view: View) => Finding[];

/** One whose words differ by version. */
export type VersionCheck = (view: View, version: Version23) => Finding[];

/** Dovecot's complaint about an event filter; 2.3.21.1 comes with a parser of another bison (observed). */
export function filterError(text: ByteString, version: Version23): ByteString | null {
  return eventFilterError(text, version === '2.3.19.1' ? OLD_WORDS : NEW_WORDS);
}

/** The value as doveconf checks it: variables are not expanded. */
export function raw(view: View, name: string): ByteString {
  return view.stored(name)?.text ?? view.text(name);
}

export function finding(view: View, setting: string, text: ByteString): Finding {
  return { text, setting, origin: view.origin(setting) ?? view.nodes[0]?.at ?? null };
}

/** Each section of a list, with its own view. */
export function eachSection(view: View, list: string, check: Check): Finding[] {
  return sections(view, list).flatMap((section) => check(section.view));
}

/** Blocks of `passdb` and `userdb`. */
export function eachBlock(view: View, list: string, check: Check): Finding[] {
  const found: Finding[] = [];
  for (const node of view.nodes)
    for (const one of node.lists.get(list)?.sections ?? []) {
      const findings = check(new View([one]));
      if (findings.length > 0) found.push(...findings);
    }
  return found;
}

export function words(text: ByteString, separators: RegExp): ByteString[] {
  return text.split(separators).filter((word) => word !== '');
}

/** A setting whose words must be known; case does not matter. */
export function knownWords(name: string, what: string, known: readonly string[]): Check {
  return (view) => {
    const unknown = words(raw(view, name), /[ ,]+/).filter((word) => !known.includes(word.toLowerCase()));
    return unknown.map((word) => finding(view, name, `${name}: Unknown ${what}: ${word}`));
  };
}
