import { includes } from '../../../src/check/statements.js';
import {
  type BaseSet,
  BOTH,
  type Change,
  lineAt,
  type Mutation,
  ONLY_24,
  replaced,
  sectionsOf,
  settingOf,
  settingsOf,
  withValue,
} from './mutation.js';

/** Two neighbouring letters in the middle of a name, swapped. */
export function misspelt(name: string): string | null {
  for (let at = Math.floor(name.length / 2); at > 0; at--) {
    const [a = '', b = ''] = [name[at], name[at + 1]];
    if (a !== b && /[a-z]/.test(a) && /[a-z]/.test(b)) return name.slice(0, at) + b + a + name.slice(at + 2);
  }
  return null;
}

function newlineBeforeBrace(set: BaseSet): Change | null {
  const section = set.pick(sectionsOf(set, /^(?:passdb|userdb|service|namespace|protocol)$/));
  if (section === null) return null;
  const head = section.node.headSpan;
  const text = set.texts.get(section.file)?.slice(head.start, head.end) ?? '';
  const brace = text.indexOf('{');
  if (brace === -1) return null;
  return replaced(set, section.file, head, `${text.slice(0, brace).trimEnd()}\n${text.slice(brace)}`);
}

function braceLost(set: BaseSet): Change | null {
  const section = set.pick(sectionsOf(set, /^(?:passdb|userdb|service|namespace|protocol)$/));
  if (section?.node.end == null) return null;
  const change = replaced(set, section.file, section.node.end.span, '');
  const text = change.texts.get(section.file) ?? '';
  return { ...change, line: lineAt(text, section.node.keySpan.start) };
}

/** Mistakes of the file language. */
export const LANGUAGE_MUTATIONS: readonly Mutation[] = [
  {
    name: 'the opening brace on the next line',
    series: BOTH,
    codes: ['DV101'],
    apply: newlineBeforeBrace,
  },
  { name: 'a closing brace lost', series: BOTH, codes: ['DV104'], apply: braceLost },
  {
    name: 'the equals sign forgotten',
    series: BOTH,
    codes: ['DV101'],
    apply: (set) => {
      const setting = settingOf(set, /^[a-z]/);
      if (setting === null || setting.node.value.text === '') return null;
      const { keySpan, value } = setting.node;
      return replaced(set, setting.source.realPath, { start: keySpan.end, end: value.span.start }, ' ');
    },
  },
  {
    name: 'a colon in the place of the equals sign',
    series: BOTH,
    codes: ['DV101'],
    apply: (set) => {
      const setting = settingOf(set, /^[a-z]/);
      if (setting === null || setting.node.value.text === '') return null;
      const { keySpan, value } = setting.node;
      return replaced(set, setting.source.realPath, { start: keySpan.end, end: value.span.start }, ': ');
    },
  },
  {
    name: 'a comment right behind the value',
    series: BOTH,
    codes: ['DV102'],
    apply: (set) => {
      const setting = set.pick(
        settingsOf(set).filter(({ node }) => node.value.form === 'text' && /^[\w-]+$/.test(node.value.text)),
      );
      return withValue(set, setting, setting === null ? null : `${setting.node.value.text}#changed`);
    },
  },
  {
    name: 'a comment behind a value with an apostrophe',
    series: BOTH,
    codes: ['DV110'],
    apply: (set) =>
      withValue(set, settingOf(set, /^(?:login_greeting|hostname|postmaster_address)$/), "It's us # new"),
  },
  {
    name: 'the closing quote forgotten',
    series: BOTH,
    codes: ['DV111'],
    apply: (set) => {
      const setting = set.pick(
        settingsOf(set).filter(
          ({ node, path }) =>
            path.length === 0 &&
            /^[/\w.-]{3,}$/.test(node.value.text) &&
            node.value.form === 'text' &&
            /path|home|greeting|hostname|location|format|ssl_c|mechanisms|protocols/.test(node.key),
        ),
      );
      return withValue(set, setting, setting === null ? null : `"${setting.node.value.text}`);
    },
  },
  {
    name: 'an empty line behind a backslash',
    series: BOTH,
    codes: ['DV103'],
    apply: (set) => {
      const setting = set.pick(
        settingsOf(set).filter(({ node }) => / /.test(node.value.text) && node.value.form === 'text'),
      );
      if (setting === null) return null;
      const { value } = setting.node;
      const space = value.span.start + value.text.indexOf(' ');
      return replaced(set, setting.source.realPath, { start: space, end: space + 1 }, ' \\\n\n  ');
    },
  },
  {
    name: 'a misspelt path in !include',
    series: BOTH,
    codes: ['DV106'],
    apply: (set) => {
      const found = includes(set.config).filter(({ node }) => !node.optional);
      const include = set.pick(found.filter(({ source }) => set.texts.has(source.realPath)));
      const pattern = include === null ? null : misspelt(include.node.pattern);
      if (include === null || pattern === null) return null;
      return replaced(set, include.source.realPath, include.node.patternSpan, pattern);
    },
  },
  {
    name: 'an include without its file',
    series: BOTH,
    codes: ['DV106'],
    apply: (set) => {
      const text = set.texts.get(set.main) ?? '';
      const end = text.length;
      const change = replaced(set, set.main, { start: end, end }, '\n!include conf.d/99-loacl.conf\n', 1);
      return change;
    },
  },
  {
    name: 'the version line below another setting',
    series: ONLY_24,
    codes: ['DV214'],
    apply: (set) => {
      const [version] = settingsOf(set, /^dovecot_config_version$/);
      if (version === undefined || version.source.realPath !== set.main) return null;
      const text = set.texts.get(set.main) ?? '';
      const own = text.slice(version.node.span.start, version.node.span.end);
      const body = text.slice(0, version.node.span.start) + text.slice(version.node.span.end);
      const first = /^[a-z!].*\n/m.exec(body);
      if (first === null || /[{\\]\s*$/.test(first[0])) return null;
      const at = first.index + first[0].length;
      const line = lineAt(body, first.index);
      return { texts: new Map([[set.main, body.slice(0, at) + own + body.slice(at)]]), file: set.main, line };
    },
  },
];
