import { type ByteString, fromUtf8 } from '../../grammar/bytes.js';
import type { FieldChange } from '../auth/answer.js';
import { passdbLogName } from '../auth/passdb-lists.js';
import type { Simulation } from '../simulate/simulation.js';
import type { Colours } from './colours.js';
import { destinationLines } from './simulation-destination.js';
import { Masking, originText, placeText, shown, verdictText } from './simulation-words.js';

export interface WhyOptions {
  readonly colours: Colours;
  readonly showSecrets: boolean;
}

/** The story of one field: every passdb that touched it, and what became of it. */
export function whyText(
  simulation: Simulation,
  fieldName: string,
  { colours, showSecrets }: WhyOptions,
): string {
  const name = fromUtf8(fieldName);
  const masking = new Masking(simulation, showSecrets);
  const { answer, question, decision } = simulation;
  const valueText = (value: string | null) => {
    const masked = masking.field(name, value);
    return masked === null ? 'set, without a value' : masked === '' ? 'empty' : shown(masked);
  };
  const lines = [`${colours.bold(shown(fromUtf8(question.user)))}: ${verdictText(simulation)}`];
  for (const note of simulation.notes)
    if (note.code === 'lenient') lines.push(colours.yellow(`lenient: ${note.message}`));
  const isPart = PARTS.has(fieldName) && decision?.kind === 'proxy';
  const last = answer.fields.find((field) => field.name === name);
  const hidden = answer.hiddenFields.find((field) => field.name === name);
  const value = name === 'user' ? answer.user : last?.value;
  if (name === 'user') lines.push(`user = ${shown(answer.user)}`);
  else if (last !== undefined)
    lines.push(`${fieldName} = ${valueText(value ?? null)}, from ${originText(last.from, answer.steps)}`);
  else if (hidden !== undefined)
    lines.push(`${fieldName} = ${valueText(hidden.value)}, used by the auth process and not sent`);
  else if (!isPart) lines.push(`${fieldName} is not in the answer`);

  let touched = false;
  for (const step of answer.steps) {
    const changes = step.fields.filter((change) => concerns(change, name));
    if (changes.length === 0) continue;
    touched = true;
    lines.push(
      `${step.passdb.index}. ${shown(passdbLogName(step.passdb))}  ${colours.dim(placeText(step.passdb.at))}`,
    );
    for (const change of changes) {
      const named = change.name === name ? '' : `${shown(change.name)}: `;
      const effect = EFFECTS[change.effect];
      lines.push(
        `   ${named}${valueText(change.value)}  ${effect}  ${colours.dim(originText(change.from, [step]))}`,
      );
    }
  }
  if (!touched && last === undefined && !isPart) lines.push(untouchedText(simulation, name));
  if (decision?.kind === 'proxy') {
    const labels = Object.hasOwn(LABELS, fieldName) ? (LABELS[fieldName] ?? []) : [];
    for (const [label, text, from] of destinationLines(simulation, decision.destination, true))
      if (labels.includes(label))
        lines.push(`the proxy: ${label} ${text}${from === '' ? '' : `  ${colours.dim(from)}`}`);
  }
  return `${lines.join('\n')}\n`;
}

function untouchedText({ answer }: Simulation, name: ByteString): string {
  if (name !== 'user') return 'no passdb that was asked sets it';
  return answer.masterUser === ''
    ? 'the name as the client gave it, normalised; no passdb changes it'
    : `whom the master user ${shown(answer.masterUser)} logs in as; no passdb changes it`;
}

/** Parts of a destination that are no fields. */
const PARTS = new Set(['tls', 'verify', 'mechanism', 'timeout', 'loop']);
const TLS = ['TLS', 'trust'];

/** What a field, or a part of the destination, decides there. */
const LABELS: Readonly<Record<string, readonly string[]>> = {
  host: ['host', 'address'],
  hostip: ['host', 'address'],
  port: ['port'],
  ssl: TLS,
  starttls: TLS,
  tls: TLS,
  verify: TLS,
  user: ['login'],
  destuser: ['login'],
  master: ['login'],
  pass: ['login'],
  proxy_mech: ['login'],
  mechanism: ['login'],
  proxy_timeout: ['timeout'],
  timeout: ['timeout'],
  source_ip: ['source'],
  loop: ['loop'],
};

/** `user` is changed by `username` and `domain` as well. */
function concerns(change: FieldChange, name: string): boolean {
  return (
    change.name === name || (name === 'user' && (change.name === 'username' || change.name === 'domain'))
  );
}

const EFFECTS: Readonly<Record<FieldChange['effect'], string>> = {
  set: 'set',
  replaced: 'replaces the earlier value',
  removed: 'removed',
  kept: 'not set, because there is one already',
  rolled_back: 'dropped, because the passdb failed',
  user: 'changes the name',
  password: 'the stored password',
  hidden: 'used, not sent',
};
