import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import { toUtf8 } from '../../grammar/bytes.js';
import type { Place } from '../../grammar/source.js';
import type { Diagnostic, Severity } from '../check/diagnostic.js';
import type { Rule } from '../check/rule.js';
import type { CheckReport } from './check-report.js';
import { fingerprints } from './fingerprint.js';
import { fullMessage } from './full-message.js';
import { reportPath } from './report-path.js';

const LEVELS: Readonly<Record<Severity, 'error' | 'warning' | 'note'>> = {
  error: 'error',
  warning: 'warning',
  info: 'note',
};
const HOME = 'https://github.com/dvproxy/dvproxy';

export interface SarifOptions {
  /** Folder of the run: paths are given relative to it. */
  readonly folder: string;
  readonly toolVersion: string;
  readonly rules: readonly Rule[];
}

/** SARIF 2.1.0, one run. */
export function sarifReport(report: CheckReport, options: SarifOptions): string {
  const { diagnostics } = report;
  const used = new Set(diagnostics.map(({ code }) => code));
  const rules = options.rules.filter(({ code }) => used.has(code)).sort((a, b) => (a.code < b.code ? -1 : 1));
  const indexes = new Map(rules.map(({ code }, index) => [code, index]));
  const names = fingerprints(diagnostics, (path) => reportPath(path, options.folder));
  const document = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'dvproxy',
            version: options.toolVersion,
            informationUri: HOME,
            rules: rules.map(ruleOf),
          },
        },
        columnKind: 'utf16CodeUnits',
        properties: { dovecot: report.version },
        artifacts: report.files.map((file) => ({ location: artifact(file, options.folder) })),
        results: diagnostics.map((diagnostic, index) => ({
          ruleId: diagnostic.code,
          ruleIndex: indexes.get(diagnostic.code) ?? -1,
          level: LEVELS[diagnostic.severity],
          message: { text: fullMessage(diagnostic) },
          locations: locationsOf(diagnostic, report, options.folder),
          relatedLocations: diagnostic.related.map(({ message, place }, at) => ({
            id: at + 1,
            message: { text: message },
            physicalLocation: physical(place, options.folder),
          })),
          partialFingerprints: { 'dvproxy/v1': names[index] ?? '' },
          ...fixesOf(diagnostic, options.folder),
        })),
      },
    ],
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function ruleOf({ code, name, title, severity }: Rule) {
  return {
    id: code,
    name,
    shortDescription: { text: title },
    helpUri: `${HOME}/blob/main/docs/checks/${code}.md`,
    defaultConfiguration: { level: LEVELS[severity] },
  };
}

/** A finding of the whole configuration stands at the main file: services show nothing without a file. */
function locationsOf({ place }: Diagnostic, { files }: CheckReport, folder: string) {
  if (place !== null) return [{ physicalLocation: physical(place, folder) }];
  const [main] = files;
  return main === undefined ? [] : [{ physicalLocation: { artifactLocation: artifact(main, folder) } }];
}

function physical(place: Place, folder: string) {
  return { artifactLocation: artifact(place.source.realPath, folder), region: regionOf(place) };
}

function regionOf({ source, span }: Place) {
  const start = source.position(span.start);
  const end = source.position(span.end);
  return {
    startLine: start.line,
    startColumn: start.column,
    endLine: end.line,
    endColumn: end.column,
    byteOffset: span.start,
    byteLength: span.end - span.start,
  };
}

function artifact(path: string, folder: string) {
  // A path of half a surrogate pair has no URI.
  const near = Buffer.from(reportPath(path, folder)).toString();
  return {
    uri: isAbsolute(near) ? pathToFileURL(near).href : near.split('/').map(encodeURIComponent).join('/'),
  };
}

function fixesOf({ fixes }: Diagnostic, folder: string) {
  if (fixes.length === 0) return {};
  return {
    fixes: fixes.map(({ title, edits }) => ({
      description: { text: title },
      artifactChanges: [...new Set(edits.map(({ place }) => place.source.realPath))].map((path) => ({
        artifactLocation: artifact(path, folder),
        replacements: edits
          .filter(({ place }) => place.source.realPath === path)
          .map(({ place, text }) => ({
            deletedRegion: regionOf(place),
            ...(text === '' ? {} : { insertedContent: { text: toUtf8(text) } }),
          })),
      })),
    })),
  };
}
