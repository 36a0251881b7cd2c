import { BOTH, defineProblemRule } from '../rule.js';

export const invalidPort = defineProblemRule({
  code: 'DV209',
  name: 'invalid-port',
  severity: 'error',
  title: 'A value that is no port number',
  versions: BOTH,
  kinds: ['invalid-port'],
  help: () => 'Ports are 0 to 65535; 0 switches the listener off.',
});
