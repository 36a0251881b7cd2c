import { BOTH, defineProblemRule } from '../rule.js';

export const filterNesting = defineProblemRule({
  code: 'DV105',
  name: 'filter-nesting',
  severity: 'error',
  title: 'Filters nested in an order that Dovecot does not allow',
  versions: BOTH,
  kinds: ['filter-nesting'],
  help: () =>
    'The order is local, local_name, remote, protocol, and then named sections, from outside to inside.',
});
