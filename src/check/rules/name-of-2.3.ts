import type { Section } from '../../../grammar/dovecot-conf/tree.js';
import type { Span } from '../../../grammar/source.js';
import { changeOf } from '../../knowledge/changes.js';
import { pluginTextFor24, textFor24 } from '../migration-text.js';
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
    const all = writtenSettings(config);
    const written = all.find(
      ({ source, node }) =>
        source.realPath === place.source.realPath &&
        node.key === name &&
        node.span.start <= place.span.start &&
        place.span.start < node.span.end,
    );
    const inside = all.filter(
      ({ source, path }) =>
        source.realPath === place.source.realPath &&
        path.some((section) => section.key === 'plugin' && isAt(section, place.span)),
    );
    const text =
      name === 'plugin' ? pluginTextFor24(inside, config) : textFor24(change, written ?? null, config);
    return {
      ...asFinding(problem),
      message: `${name} is a ${problem.kind === 'unknown-section' ? 'section' : 'setting'} of 2.3`,
      help: text,
    };
  },
});

function isAt({ span }: Section, place: Span): boolean {
  return span.start <= place.start && place.start < span.end;
}
