import { allRules } from '../check/registry.js';
import type { Rule } from '../check/rule.js';
import { CommandFailure, EXIT_USAGE } from './exit-codes.js';

/** A rule by its code or name, in any case; a failure of usage where there is none. */
export function findRule(text: string): Rule {
  const wanted = text.toLowerCase();
  const rule = allRules().find((one) => one.code.toLowerCase() === wanted || one.name === wanted);
  if (rule === undefined)
    throw new CommandFailure(`there is no rule ${text}; "dvproxy rules" lists them all`, EXIT_USAGE);
  return rule;
}
