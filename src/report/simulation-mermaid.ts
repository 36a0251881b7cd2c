import { fromUtf8 } from '../../grammar/bytes.js';
import type { ChainStep } from '../auth/answer.js';
import { isOk, type Simulation } from '../simulate/simulation.js';
import { MERMAID_CLASSES, mermaidText } from './chain-graph-mermaid.js';
import { passdbTitle } from './chain-graph-text.js';
import { shown, stepText, verdictText } from './simulation-words.js';

/** The walk of one user as a Mermaid flowchart; what was not asked hangs beside it. */
export function simulationMermaid(simulation: Simulation): string {
  const { answer, outcome, question } = simulation;
  const lines = [`user(["${mermaidText(shown(fromUtf8(question.user)))}"])`];
  let before = 'user';
  let label = '';
  const arrow = (to: string) => `${before} -->${label === '' ? '' : `|"${mermaidText(label)}"|`} ${to}`;
  answer.steps.forEach((step, at) => {
    const id = `step${at + 1}`;
    if (step.action !== 'lookup') {
      lines.push(
        `${id}["${mermaidText(passdbTitle(step.passdb))}<br/>${mermaidText(stepText(step))}"]:::idle`,
      );
      lines.push(`${before} -.- ${id}`);
      return;
    }
    lines.push(`${id}["${mermaidText(passdbTitle(step.passdb))}${rowsText(step)}"]`, arrow(id));
    before = id;
    label = stepText(step);
  });
  const verdict = mermaidText(verdictText(simulation));
  const shade = isOk(outcome) ? 'good' : outcome === 'tempfail' ? 'wait' : 'bad';
  lines.push(`outcome(["${verdict}"]):::${shade}`, arrow('outcome'));
  for (const { code, message } of simulation.notes)
    if (code === 'fail_open')
      lines.push(`open["FAIL OPEN: ${mermaidText(message)}"]:::bad`, 'outcome -.- open');
  return `flowchart TD\n${[...lines, ...MERMAID_CLASSES].map((line) => `  ${line}`).join('\n')}\n`;
}

function rowsText({ queries }: ChainStep): string {
  return queries
    .map(({ rows }) => `<br/>${rows === null ? 'no answer' : `${rows} ${rows === 1 ? 'row' : 'rows'}`}`)
    .join('');
}
