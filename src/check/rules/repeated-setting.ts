import type { Place, Source } from '../../../grammar/source.js';
import { readExtFiles } from '../ext-files.js';
import { BOTH, defineRule } from '../rule.js';
import { keyPlace, repeatedSettings, valuePlace } from '../statements.js';

export const repeatedSetting = defineRule({
  code: 'DV220',
  name: 'repeated-setting',
  severity: 'warning',
  title: 'A setting given twice in the same block: the first value is lost',
  versions: BOTH,
  check({ config, report }) {
    for (const { kind, sources } of readExtFiles(config)) {
      // The files of dicts have maps, whose keys are one per map.
      if (kind === 'dict-sql' || kind === 'dict-ldap') continue;
      for (const source of sources) {
        for (const { key, line, again } of repeatedKeys(source))
          report({
            message: `This value of ${key} replaces the one from line ${line}`,
            place: again,
            help: 'Remove one of the two.',
          });
      }
    }
    for (const [earlier, setting] of repeatedSettings(config)) {
      const { node } = setting;
      if (earlier.node.value.text === node.value.text) continue;
      // `$name` takes the earlier value up; dovecot_config_version has its own message.
      if (node.value.form === 'variable' || node.key === 'dovecot_config_version') continue;
      report({
        message: `This value of ${node.key} replaces the one from line ${earlier.node.line}`,
        place: keyPlace(setting),
        related: [{ message: 'the value that is lost', place: valuePlace(earlier) }],
        help: 'Remove one of the two.',
      });
    }
  },
});

const KEY = /^[ \t]*([a-z_]+)[ \t]*=/;

/** Keys that stand twice in a database file, lines that go on from the one above left out. */
function* repeatedKeys(source: Source): Generator<{ key: string; line: number; again: Place }> {
  const seen = new Map<string, number>();
  for (let line = 1; line <= source.lineStarts.length; line++) {
    const key = KEY.exec(source.line(line))?.[1];
    if (key === undefined || (line > 1 && /\\[ \t]*$/.test(source.line(line - 1)))) continue;
    const earlier = seen.get(key);
    const start = (source.lineStarts[line - 1] ?? 0) + source.line(line).indexOf(key);
    if (earlier !== undefined)
      yield { key, line: earlier, again: { source, span: { start, end: start + key.length } } };
    seen.set(key, line);
  }
}
