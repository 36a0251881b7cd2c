import { passdbFieldFact } from '../../knowledge/passdb-fields.js';
import { fieldNames, fieldsNamed } from '../passdb-fields.js';
import { BOTH, defineRule } from '../rule.js';

const MEANT_AS_OFF = new Set(['no', 'n', '0', 'false', 'off', 'f', '']);

// observed 2.3.19.1 and 2.4.1 (proxy-protocol.md section 1.1): a flag is on when the field is there, whatever its value.
export const flagSetToNo = defineRule({
  code: 'DV401',
  name: 'flag-set-to-no',
  severity: 'error',
  title: 'A field such as ssl, starttls or proxy with the value no: its presence switches it on',
  versions: BOTH,
  check({ config, series, report }) {
    const flags = fieldNames(config).filter((name) => (passdbFieldFact(name)?.kind ?? 'value') !== 'value');
    for (const field of fieldsNamed(config, ...flags)) {
      for (const literal of field.literals) {
        const { text } = literal;
        if (!MEANT_AS_OFF.has(text.toLowerCase())) continue;
        const fact = passdbFieldFact(field.name);
        if (fact === null || field.suffix === 'remove') continue;
        // `proxy` or `proxy=` alone is the usual way to switch a flag on where fields are written as key=value.
        // `starttls =` inside `fields { }` of 2.4 is meant to switch it off, and does not. observed 2.4.1
        const isMeantAsOff = series === '2.4' && fact.kind === 'tls' && field.setter === 'template';
        if (text === '' && field.setter !== 'column' && !isMeantAsOff) continue;
        const shown = field.setter === 'column' ? `'${text}' AS ${field.name}` : `${field.name}=${text}`;
        report({
          message: `${shown} switches ${field.name} on (${fact.effect}): Dovecot looks whether the field is there, not at its value`,
          place: literal.place,
          help:
            field.setter === 'column'
              ? `Return NULL where ${field.name} is not wanted (CASE WHEN ... THEN 'yes' END without ELSE), or leave the column out.`
              : `Remove "${field.name}=${text}".`,
        });
      }
    }
  },
});
