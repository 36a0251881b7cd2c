import { asFinding, defineRule } from '../rule.js';
import { sectionsNamed } from '../statements.js';

// observed 2.4.1: at the top it belongs to every service, and the second of them finds the path taken.
export const listenerOutsideService = defineRule({
  code: 'DV223',
  name: 'listener-outside-service',
  severity: 'error',
  title: 'A listener outside of a service belongs to all of them',
  versions: ['2.4'],
  problem(problem, { config }) {
    if (problem.kind !== 'failed-check' || !/duplicate listener/i.test(problem.message)) return null;
    for (const kind of ['unix_listener', 'fifo_listener', 'inet_listener']) {
      for (const { source, node } of sectionsNamed(config, kind)) {
        const name = node.name ?? '';
        const isTop = config.trees.some((tree) => tree.source === source && tree.statements.includes(node));
        if (!isTop || (kind !== 'inet_listener' && !problem.message.endsWith(name))) continue;
        return {
          ...asFinding(problem),
          message: `${kind} ${name} stands outside of a service: every service would listen there`,
          place: { source, span: node.headSpan },
          help: 'Put it into the service that listens, for example "service auth { ... }".',
        };
      }
    }
    return null;
  },
});
