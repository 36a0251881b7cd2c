import { isProved, type Proof, type ProofRun } from '../migrate/proof/proof.js';
import { plural } from './check-report.js';
import type { Colours } from './colours.js';

/** Differences that are shown one by one. */
const SHOWN = 10;

/** What was proved of a migration and what was not, for people. */
export function proofText(proof: Proof, colours: Colours): string {
  const { errors, inherited, warnings, scenarios, users, open } = proof;
  const lines = [colours.bold(isProved(proof) ? 'Proved' : 'Not proved')];
  const also = [
    ...(inherited === 0 ? [] : [`${plural(inherited, 'error')} that the old configuration has, too`]),
    ...(warnings === 0 ? [] : [plural(warnings, 'warning')]),
  ].join(', ');
  lines.push(
    errors.length === 0
      ? `  The checker finds no new error in the result${also === '' ? '' : ` (${also})`}.`
      : `  The checker finds ${plural(errors.length, 'new error')} in the result:`,
    ...errors.map((error) => colours.red(`    ${error}`)),
    ...runLines(
      scenarios,
      'combination',
      'of answers of the databases: users found, wrong passwords, unknown users, databases down',
      colours,
    ),
  );
  if (users !== null)
    lines.push(...runLines(users, 'question', 'about users, by what the databases hold', colours));
  lines.push('', colours.bold('Not part of the proof'), ...open.map((point) => `  ${point}`));
  return `${lines.join('\n')}\n`;
}

function runLines({ asked, differing }: ProofRun, noun: string, about: string, colours: Colours): string[] {
  if (asked === 0) return ['  No questions could be asked: 2.4 refuses the result.'];
  const same = asked - differing.length;
  const lines = [`  Same answers of both configurations to ${same} of ${plural(asked, noun)} ${about}.`];
  for (const { question, changes } of differing.slice(0, SHOWN)) {
    lines.push(colours.yellow(`    ${question}`));
    for (const { name, before, after } of changes)
      lines.push(`      ${name}: ${before === '' ? '(none)' : before} -> ${after === '' ? '(none)' : after}`);
  }
  if (differing.length > SHOWN) lines.push(`    and ${differing.length - SHOWN} more`);
  return lines;
}
