import type { ByteString } from '../../grammar/bytes.js';
import type { Place } from '../../grammar/source.js';
import type { Config } from '../config/config.js';
import type { ConfigProblem, ConfigProblemKind, DovecotStage } from '../config/problem.js';
import type { DovecotVersion, Series } from '../knowledge/versions.js';
import type { DatabaseAnswer } from './database-answers.js';
import type { Fix, Severity } from './diagnostic.js';
import type { FileProbe } from './file-probe.js';

/** What a rule says of one place; the runner adds the code, the name and the severity. */
export interface Finding {
  readonly message: string;
  readonly place: Place | null;
  /** What to do. */
  readonly help?: string;
  readonly dovecot?: { readonly message: ByteString; readonly stage: DovecotStage } | null;
  readonly related?: readonly { readonly message: string; readonly place: Place }[];
  readonly fixes?: readonly Fix[];
  /** Where this finding weighs more or less than the rule's own severity. */
  readonly severity?: Severity;
}

export interface RuleContext {
  readonly config: Config;
  readonly version: DovecotVersion;
  readonly series: Series;
  /** null: only the configuration itself is known (tests, an editor's buffer). */
  readonly files: FileProbe | null;
  /** Milliseconds since 1970; null: unknown, nothing is judged by it. */
  readonly now: number | null;
  /** What the databases said; empty: nobody asked them. */
  readonly databases: readonly DatabaseAnswer[];
  report(finding: Finding): void;
}

/**
 * One rule of `dvproxy check`. It looks at the whole configuration (`check`), or it words what reading the
 * configuration found (`problem`): the first rule that answers a problem takes it. One file and one page each.
 */
export interface Rule {
  /** `DV301`. The hundred is the area. */
  readonly code: string;
  /** Kebab case: `skip-value-of-userdb`. */
  readonly name: string;
  readonly severity: Severity;
  /** One line for the catalogue. */
  readonly title: string;
  readonly versions: readonly Series[];
  check?(context: RuleContext): void;
  problem?(problem: ConfigProblem, context: RuleContext): Finding | null;
}

export const BOTH: readonly Series[] = ['2.3', '2.4'];

export function defineRule(rule: Rule): Rule {
  return rule;
}

/** A rule that passes on what reading found, in the words of the settings layer, with advice. */
export function defineProblemRule(
  rule: Omit<Rule, 'check' | 'problem'> & {
    readonly kinds: readonly ConfigProblemKind[];
    help?(problem: ConfigProblem): string;
    fixes?(problem: ConfigProblem): readonly Fix[];
  },
): Rule {
  const { kinds, help, fixes, ...head } = rule;
  return {
    ...head,
    problem(problem) {
      if (!kinds.includes(problem.kind)) return null;
      return {
        ...asFinding(problem),
        help: help?.(problem) ?? didYouMean(problem),
        fixes: fixes?.(problem) ?? [],
      };
    },
  };
}

/** For a line without `=` or `{` right below a setting: it may be the rest of that setting. */
export function continuationHelp({ place }: ConfigProblem): string {
  if (place === null) return '';
  const { source, span } = place;
  const line = source.lineAt(span.start);
  const isRest =
    /^\s*[^\s=#]+(?:\s|$)/.test(source.line(line)) &&
    /^\s*[^\s#]+\s*=.*[^\s\\]\s*$/.test(source.line(line - 1));
  return isRest ? 'If this is the rest of the line above, end that line with a backslash.' : '';
}

/** The problem as it stands, to be refined by a rule. */
export function asFinding(problem: ConfigProblem): Finding {
  return {
    message: sentence(problem),
    place: problem.place,
    dovecot: problem.dovecot,
    help: didYouMean(problem),
    related: problem.related ?? [],
  };
}

/** The message with a capital letter, unless it begins with a name of the configuration. */
function sentence({ message, subject }: ConfigProblem): string {
  const name = subject?.name ?? '';
  if (name !== '' && message.startsWith('Setting is '))
    return `${name} is ${message.slice('Setting is '.length)}`;
  const [first = ''] = message.split(' ', 1);
  const isName = first === name || first.endsWith(':') || /[^a-z]/.test(first.slice(0, -1));
  return isName ? message : message.charAt(0).toUpperCase() + message.slice(1);
}

/** `Did you mean a, b or c?`; '' without suggestions, or where the message asks already. */
function didYouMean(problem: ConfigProblem): string {
  if (/did you mean/i.test(problem.message)) return '';
  const names = (problem.suggestions ?? []).slice(0, 3);
  return names.length === 0 ? '' : `Did you mean ${listOf(names, 'or')}?`;
}

/** `a`, `a or b`, `a, b or c`. */
export function listOf(words: readonly string[], joiner: 'and' | 'or'): string {
  const last = words.at(-1) ?? '';
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} ${joiner} ${last}`;
}
