import type { PassdbBlock } from '../../config/effective.js';
import { headOf, isSameBlock, passdbLists, titleOf } from '../chains.js';
import { fieldsNamed, fieldsOf, passdbFields, passdbsWith } from '../passdb-fields.js';
import { passwordQueries } from '../passdb-queries.js';
import { BOTH, defineRule } from '../rule.js';
import { writtenNames } from '../statements.js';

/** Drivers whose fields the configuration does not show. */
const SHOWN = new Set(['sql', 'static', 'pam', 'passwd', 'shadow']);

export const proxyWithoutHost = defineRule({
  code: 'DV403',
  name: 'proxy-without-host',
  severity: 'error',
  title: 'A proxied user without a host',
  versions: BOTH,
  check({ config, series, report }) {
    if (series === '2.3' && writtenNames(config).some((name) => name.startsWith('director_'))) return;
    const hosted = passdbsWith(config, 'host');
    if (fieldsNamed(config, 'proxy', 'proxy_maybe').every(({ passdb }) => hosted.has(passdb))) return;
    const fields = passdbFields(config);
    const hasHost = (passdb: PassdbBlock) => fieldsOf(passdb, fields).some(({ name }) => name === 'host');
    const stars = passwordQueries(config).filter(({ select }) => select === null || select.star !== null);
    for (const list of passdbLists(config)) {
      const togetherWith = answeringWith(list);
      for (const field of list.flatMap((passdb) => fieldsOf(passdb, fields))) {
        if (field.name !== 'proxy' && field.name !== 'proxy_maybe') continue;
        if (hasHost(field.passdb)) continue;
        const together = togetherWith(field.passdb);
        if (together.some(hasHost)) continue;
        if (together.some((passdb) => !SHOWN.has(passdb.driver))) continue;
        if (stars.some(({ block }) => together.some((passdb) => isSameBlock(passdb, block)))) continue;
        report({
          message: `${titleOf(field.passdb)} proxies its users, and no passdb returns a host`,
          place: field.namePlace,
          related: field.setter === 'column' ? [] : [{ message: 'this passdb', place: headOf(field.passdb) }],
          // Behind a director of 2.3 the host comes from the director.
          severity: series === '2.3' ? 'warning' : 'error',
          help:
            series === '2.3'
              ? 'Return "host" with the address of the backend. Only a director can do without.'
              : 'Return "host" with the address of the backend.',
          dovecot: {
            message: series === '2.3' ? 'proxy(USER): host not given' : 'proxy: host field not given',
            stage: 'runtime',
          },
        });
      }
    }
  },
});

/** Gives for a passdb of the list those whose fields can stand in one answer with its own, itself among them. */
function answeringWith(list: readonly PassdbBlock[]): (passdb: PassdbBlock) => readonly PassdbBlock[] {
  const goesOn = (one: PassdbBlock) => one.resultSuccess.value.startsWith('continue');
  const companions = list.filter((one) => one.master || goesOn(one));
  return (passdb) =>
    goesOn(passdb)
      ? list
      : [passdb, ...companions.filter((one) => one.master || (one.index < passdb.index && goesOn(one)))];
}
