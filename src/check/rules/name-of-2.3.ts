import { changeOf } from '../../knowledge/changes.js';
import { textFor24 } from '../migration-text.js';
import { asFinding, defineRule } from '../rule.js';
import { writtenSettings } from '../statements.js';

export const nameOf23 = defineRule({
  code: 'DV701',
  name: 'name-of-2.3',
  severity: 'error',
  title: 'A setting or section of 2.3 in a 2.4 configuration, with the 2.4 text',
  versions: ['2.4'],
  problem(problem, { config }) {
    if (problem.kind !== 'unknown-setting' && problem.kind !== 'unknown-section') return null;
    const { subject, place } = problem;
    if (subject === undefined || place === null) return null;
    const { name, section } = subject;
    const change =
      (section === undefined ? undefined : changeOf(`${section}/${name}`)) ??
      changeOf(name) ??
      changeOf(`dovecot-sql.conf.ext:${name}`) ??
      changeOf(`plugin/${name}`);
    if (change === undefined) return null;
    const written = writtenSettings(config).find(
      ({ source, node }) =>
        source.realPath === place.source.realPath &&
        node.key === name &&
        node.span.start <= place.span.start &&
        place.span.start < node.span.end,
    );
    const text = textFor24(change, written ?? null, config);
    return {
      ...asFinding(problem),
      message: `${name} is a ${problem.kind === 'unknown-section' ? 'section' : 'setting'} of 2.3`,
      help: text,
    };
  },
});
