import { PASSDB_FIELDS, passdbFieldFact } from '../../knowledge/passdb-fields.js';
import { fieldNames, fieldsNamed } from '../passdb-fields.js';
import { BOTH, defineRule } from '../rule.js';

const NAMES = PASSDB_FIELDS.map(({ name }) => name).filter((name) => name.length >= 4);
/** Names that are near to a field's and mean something else. */
const OTHERS = new Set([
  'home',
  'hosts',
  'mail',
  'quota',
  'class',
  'users',
  'passwd',
  'userid',
  'names',
  'ports',
]);

export const misspeltField = defineRule({
  code: 'DV410',
  name: 'misspelt-field',
  severity: 'warning',
  title: 'A field whose name is one letter away from one that Dovecot knows',
  versions: BOTH,
  check({ config, report }) {
    for (const name of fieldNames(config)) {
      const lower = name.toLowerCase();
      if (passdbFieldFact(name) !== null || OTHERS.has(lower) || /^(?:userdb|forward|event|user)_/.test(name))
        continue;
      const near = NAMES.find((known) => isNear(lower, known));
      if (near === undefined) continue;
      for (const { namePlace, setter } of fieldsNamed(config, name))
        report({
          message: `Dovecot does not know the field ${name}: it is passed on and has no effect`,
          place: namePlace,
          help: `Did you mean ${near}?${setter === 'column' && lower === near ? ' Field names are in lower case.' : ''}`,
        });
    }
  },
});

/** The same but for case, `-` for `_`, a missing or added `_`, or one letter changed, added, lost or swapped. */
function isNear(name: string, known: string): boolean {
  if (name === known || name.replaceAll(/[-_]/g, '') === known.replaceAll('_', '')) return true;
  if (name[0] !== known[0] || Math.abs(name.length - known.length) > 1) return false;
  let start = 0;
  while (start < name.length && name[start] === known[start]) start++;
  let tail = 0;
  while (tail < Math.min(name.length, known.length) - start && name.at(-1 - tail) === known.at(-1 - tail))
    tail++;
  const left = name.slice(start, name.length - tail);
  const right = known.slice(start, known.length - tail);
  // Short names have too many neighbours: only two letters swapped are a slip.
  if (known.length >= 5 && left.length <= 1 && right.length <= 1) return true;
  return left.length === 2 && right.length === 2 && left[0] === right[1] && left[1] === right[0];
}
