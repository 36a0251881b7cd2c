import type { Place } from '../../grammar/source.js';
import type { Config } from '../config/config.js';
import type { ConfigProblem } from '../config/problem.js';
import { seriesOf } from '../knowledge/versions.js';
import type { DatabaseAnswer } from './database-answers.js';
import type { Diagnostic, Severity } from './diagnostic.js';
import { distinctFindings } from './distinct-findings.js';
import { extFileUses } from './ext-files.js';
import type { FileProbe } from './file-probe.js';
import { withoutPackageFiles } from './package-files.js';
import { rulesFor } from './registry.js';
import type { Finding, Rule, RuleContext } from './rule.js';
import { applySuppressions } from './suppressions.js';
import { placeOfValue } from './value-text.js';

export interface CheckOptions {
  /** `--rule CODE=off|info|warning|error`, by code. */
  readonly severities?: ReadonlyMap<string, Severity | 'off'>;
  readonly files?: FileProbe;
  readonly now?: number;
  /** What the databases said, where they were asked. */
  readonly databases?: readonly DatabaseAnswer[];
  /** Settings that the tables do not know and that are right all the same. */
  isExtraSetting?(name: string): boolean;
}

/** Every finding of the whole configuration: by file in the order of reading, then by place. */
export function check(config: Config, options: CheckOptions = {}): Diagnostic[] {
  const series = seriesOf(config.version);
  const found: Diagnostic[] = [];
  const contextFor = (rule: Rule): RuleContext => ({
    config,
    version: config.version,
    series,
    files: options.files ?? null,
    now: options.now ?? null,
    databases: options.databases ?? [],
    report: (finding) => found.push(diagnosticOf(rule, finding)),
  });
  const rules = rulesFor(config);
  const problems = [...config.problems, ...extProblems(config)].filter(
    ({ kind, subject }) => kind !== 'unknown-setting' || !options.isExtraSetting?.(subject?.name ?? ''),
  );
  for (const problem of problems) found.push(takeProblem(rules, problem, contextFor));
  for (const rule of rules) rule.check?.(contextFor(rule));
  const own = withoutPackageFiles(withoutRepeats(found), config);
  const graded = withSeverities(own, options.severities ?? new Map());
  return inOrder(applySuppressions(graded, config), config);
}

/** What reading the database files found; without a place of its own it stands where the file is named. */
function extProblems(config: Config): ConfigProblem[] {
  return extFileUses(config).flatMap(({ ext, origin, said }) =>
    ext.problems.map(({ dovecot, ...problem }) => ({
      ...problem,
      dovecot: dovecot && { ...dovecot, message: said + dovecot.message },
      place: problem.place ?? (origin && placeOfValue(origin)),
    })),
  );
}

function takeProblem(
  rules: readonly Rule[],
  problem: ConfigProblem,
  contextFor: (rule: Rule) => RuleContext,
): Diagnostic {
  for (const rule of rules) {
    const finding = rule.problem?.(problem, contextFor(rule)) ?? null;
    if (finding === null) continue;
    // What Dovecot merely warns of never stops a start.
    const severity = finding.severity ?? (problem.severity === 'warning' ? 'warning' : rule.severity);
    return diagnosticOf(rule, { ...finding, severity });
  }
  throw new Error(`no rule words the problem kind ${problem.kind}`);
}

function diagnosticOf(rule: Rule, finding: Finding): Diagnostic {
  return {
    code: rule.code,
    rule: rule.name,
    severity: finding.severity ?? rule.severity,
    message: finding.message,
    place: finding.place === null ? null : withoutBlanks(finding.place),
    dovecot: finding.dovecot ?? null,
    related: finding.related ?? [],
    help: finding.help ?? '',
    fixes: finding.fixes ?? [],
  };
}

/** The place without white space around it; a place that is nothing else stays. */
function withoutBlanks({ source, span }: Place): Place {
  const text = source.text.slice(span.start, span.end);
  const trimmed = text.trim();
  if (trimmed === '') return { source, span };
  const start = span.start + text.indexOf(trimmed);
  return { source, span: { start, end: start + trimmed.length } };
}

/** The same finding at the same place once: a block can belong to several protocols' chains. */
function withoutRepeats(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  return distinctFindings(
    diagnostics,
    ({ code, place, message }) => `${code} ${place?.span.end ?? ''} ${message}`,
  );
}

function withSeverities(
  diagnostics: readonly Diagnostic[],
  severities: ReadonlyMap<string, Severity | 'off'>,
): Diagnostic[] {
  if (severities.size === 0) return [...diagnostics];
  return diagnostics.flatMap((diagnostic) => {
    const severity = severities.get(diagnostic.code) ?? diagnostic.severity;
    return severity === 'off' ? [] : [{ ...diagnostic, severity }];
  });
}

function inOrder(diagnostics: readonly Diagnostic[], config: Config): Diagnostic[] {
  const ranks = new Map<string, number>();
  for (const tree of config.trees) {
    if (!ranks.has(tree.source.realPath)) ranks.set(tree.source.realPath, ranks.size);
  }
  const rank = ({ place }: Diagnostic) =>
    place === null ? -1 : (ranks.get(place.source.realPath) ?? ranks.size);
  const path = ({ place }: Diagnostic) => place?.source.realPath ?? '';
  return [...diagnostics].sort(
    (a, b) =>
      rank(a) - rank(b) ||
      (path(a) < path(b) ? -1 : path(a) > path(b) ? 1 : 0) ||
      (a.place?.span.start ?? 0) - (b.place?.span.start ?? 0) ||
      (a.code < b.code ? -1 : a.code > b.code ? 1 : 0),
  );
}
