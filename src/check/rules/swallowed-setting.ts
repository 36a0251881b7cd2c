import type { Source } from '../../../grammar/source.js';
import type { Config } from '../../config/config.js';
import { readExtFiles } from '../ext-files.js';
import { BOTH, defineRule } from '../rule.js';
import { settingsBeside } from '../statements.js';

/** Names that stand at the start of a line where a setting begins, and nowhere in a query. */
const NAMES =
  /^[ \t]*((?:password|user|iterate|update|passdb_sql|userdb_sql)_query|default_pass(?:word)?_scheme|(?:passdb|userdb|auth|mail|ssl|login|result|sql|mysql|pgsql|ldap)_[a-z_]+|connect|driver|args)[ \t]*=/;

export const swallowedSetting = defineRule({
  code: 'DV115',
  name: 'swallowed-setting',
  severity: 'error',
  title: 'A backslash too many: the setting on the next line belongs to the value',
  versions: BOTH,
  check({ config, report }) {
    for (const { source, start, end } of continuedValues(config)) {
      const first = source.lineAt(start);
      const last = source.lineAt(end);
      for (let line = first + 1; line <= last; line++) {
        const match = NAMES.exec(source.line(line));
        const before = /\\[ \t]*$/.exec(source.line(line - 1));
        const lineStart = source.lineStarts[line - 1];
        const above = source.lineStarts[line - 2];
        if (match === null || before === null || lineStart === undefined || above === undefined) continue;
        const [whole, name = ''] = match;
        const at = lineStart + whole.indexOf(name);
        const backslash = above + before.index;
        report({
          message: `${name} is a part of the value that begins on line ${first}: the line above ends with a backslash`,
          place: { source, span: { start: at, end: at + name.length } },
          related: [
            { message: 'the backslash', place: { source, span: { start: backslash, end: backslash + 1 } } },
          ],
          help: 'Remove the backslash behind the last line of the value.',
        });
      }
    }
  },
});

/** Values of more than one line, and whole database files: in those every line that goes on is looked at. */
function* continuedValues(config: Config): Generator<{ source: Source; start: number; end: number }> {
  for (const { source, node } of settingsBeside(config, '\\\n')) {
    const { start, end } = node.value.span;
    if (source.text.slice(start, end).includes('\\\n')) yield { source, start, end };
  }
  for (const { values } of readExtFiles(config)) {
    for (const { origin } of values.values()) {
      if (origin === null) continue;
      const { source, span } = origin;
      if (source.text.slice(span.start, span.end).includes('\\\n'))
        yield { source, start: span.start, end: span.end };
    }
  }
}
