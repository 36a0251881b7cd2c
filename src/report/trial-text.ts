import { toUtf8 } from '../../grammar/bytes.js';
import { ipPort } from '../proxy/ip-address.js';
import type { TlsFacts, Trial, TrialEvent, TrialOutcome } from '../simulate/trial.js';
import { isAnswered, withoutLogHead } from '../simulate/trial-failure.js';
import type { Colours } from './colours.js';
import { shown } from './simulation-words.js';

const WORDS: Readonly<Record<TrialOutcome, string>> = {
  logged_in: 'answers',
  ready: 'answers',
  unanswered: 'does not answer',
  tls_failed: 'fails at TLS',
  wrong_answer: 'answers otherwise than it should',
  refused: 'refuses the login',
  temporary: 'says: later',
};

/** What became of it, in a few words. */
export function trialVerdict(trial: Trial, colours: Colours): string {
  const paint = isAnswered(trial) ? colours.green : colours.red;
  return paint(`${WORDS[trial.outcome]}: ${shown(withoutLogHead(trial.verdict))}`);
}

/** The dialogue with a destination. */
export function trialLines(trial: Trial, colours: Colours, verbosity: number): readonly string[] {
  const lines: string[] = [];
  for (const event of trial.events)
    lines.push(...eventLines(event, colours, verbosity).map((line) => `   ${line}`));
  return lines;
}

function eventLines(event: TrialEvent, colours: Colours, verbosity: number): readonly string[] {
  switch (event.kind) {
    case 'connecting': {
      const from = event.sourceIp === null ? '' : ` from ${event.sourceIp}`;
      return [colours.dim(`TCP  ${ipPort(event.ip, event.port)}${from}`)];
    }
    case 'connected':
      return verbosity === 0 || event.local === null
        ? []
        : [
            colours.dim(
              `     connected${event.local.port === null ? '' : ` from ${ipPort(event.local.ip, event.local.port)}`}`,
            ),
          ];
    case 'tls':
      return tlsLines(event.facts, colours, verbosity);
    case 'sent':
      return [`${colours.cyan('>')}    ${shown(event.line)}`];
    case 'received':
      return [`${colours.dim('<')}    ${shown(event.line)}`];
    case 'told':
      return [colours.dim(`the client is told: ${shown(event.line)}`)];
    case 'log':
      return verbosity === 0 ? [] : [colours.dim(`log: ${event.level}: ${shown(event.line)}`)];
  }
}

function tlsLines(facts: TlsFacts, colours: Colours, verbosity: number): readonly string[] {
  const { protocol, cipher, subject, issuer, names, validTo, problem, checked } = facts;
  const verdict =
    problem === null
      ? colours.green('certificate good')
      : checked
        ? colours.red(problem)
        : colours.yellow(`any certificate is taken, this one is not good: ${problem}`);
  return [
    `TLS  ${protocol} ${cipher}, ${verdict}`,
    ...(verbosity === 0 && problem === null
      ? []
      : [
          colours.dim(`     ${shown(subject)}, issued by ${shown(issuer)}, valid until ${validTo}`),
          ...(names.length === 0 ? [] : [colours.dim(`     for ${shown(names.join(', '))}`)]),
        ]),
  ];
}

/** The same for programs. */
export function trialJson({ outcome, verdict, events }: Trial) {
  return { outcome, verdict: toUtf8(verdict), events: events.map(eventJson) };
}

function eventJson(event: TrialEvent) {
  switch (event.kind) {
    case 'sent':
    case 'received':
    case 'told':
      return { kind: event.kind, line: toUtf8(event.line) };
    case 'log':
      return { kind: event.kind, level: event.level, line: toUtf8(event.line) };
    case 'tls': {
      const { validTo, ...facts } = event.facts;
      return { kind: event.kind, ...facts, valid_to: validTo };
    }
    case 'connecting':
      return { kind: event.kind, ip: event.ip, port: event.port, source_ip: event.sourceIp };
    case 'connected':
      return { kind: event.kind, local: event.local };
  }
}
