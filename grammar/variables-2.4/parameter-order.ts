import type { Parameter24 } from './tree.js';

/**
 * Order in which Dovecot goes through the parameters (2.4.1 var-expand-parser.y link_argument): positional ones first,
 * then named ones by key; of two with the same key the later one comes first, so that the first one wins.
 */
export function orderParameters(parameters: readonly Parameter24[]): readonly Parameter24[] {
  if (parameters.every((parameter) => parameter.key === null)) return parameters;
  const positional = parameters.filter((parameter) => parameter.key === null);
  const named = parameters
    .filter((parameter) => parameter.key !== null)
    .reverse()
    .sort((a, b) => ((a.key ?? '') < (b.key ?? '') ? -1 : (a.key ?? '') > (b.key ?? '') ? 1 : 0));
  return [...positional, ...named];
}
