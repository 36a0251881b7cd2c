import { createRequire } from 'node:module';
import Ajv from 'ajv';
import AjvDraft04 from 'ajv-draft-04';
import fc from 'fast-check';
import { SaxesParser } from 'saxes';
import { beforeAll, describe, expect, test } from 'vitest';
import { readExtFiles } from '../../src/check/ext-files.js';
import { allRules } from '../../src/check/registry.js';
import { check } from '../../src/check/runner.js';
import { nodeConfigHost } from '../../src/cli/node-host.js';
import { loadConfig } from '../../src/config/load.js';
import type { CheckReport } from '../../src/report/check-report.js';
import { checkstyleReport } from '../../src/report/checkstyle.js';
import { githubReport } from '../../src/report/github.js';
import { gitlabReport } from '../../src/report/gitlab.js';
import { junitReport } from '../../src/report/junit.js';
import { sarifReport } from '../../src/report/sarif.js';

// The formats of a real report against the rules of those who read them.

/** docs.gitlab.com, ci/testing/code_quality: what an entry of a report holds. */
const GITLAB = {
  type: 'array',
  items: {
    type: 'object',
    required: ['description', 'check_name', 'fingerprint', 'severity', 'location'],
    additionalProperties: false,
    properties: {
      description: { type: 'string', minLength: 1 },
      check_name: { type: 'string', minLength: 1 },
      fingerprint: { type: 'string', pattern: '^[0-9a-f]{32,}$' },
      severity: { enum: ['info', 'minor', 'major', 'critical', 'blocker'] },
      location: {
        type: 'object',
        required: ['path', 'lines'],
        additionalProperties: false,
        properties: {
          path: { type: 'string', pattern: '^[^./]' },
          lines: {
            type: 'object',
            required: ['begin'],
            additionalProperties: false,
            properties: { begin: { type: 'integer', minimum: 1 }, end: { type: 'integer', minimum: 1 } },
          },
        },
      },
    },
  },
};

interface ElementRule {
  readonly children: readonly string[];
  readonly required: readonly string[];
  readonly optional: readonly string[];
}

/** junit-10.xsd of Jenkins' xUnit plugin, as far as it is used. */
const JUNIT: Readonly<Record<string, ElementRule>> = {
  testsuites: {
    children: ['testsuite'],
    required: [],
    optional: ['name', 'time', 'tests', 'failures', 'disabled', 'errors'],
  },
  testsuite: {
    children: ['properties', 'testcase', 'system-out', 'system-err'],
    required: ['name', 'tests', 'errors', 'failures'],
    optional: [
      'group',
      'time',
      'skipped',
      'timestamp',
      'hostname',
      'id',
      'package',
      'file',
      'log',
      'url',
      'version',
    ],
  },
  testcase: {
    children: ['skipped', 'error', 'failure', 'system-out', 'system-err'],
    required: ['name'],
    optional: ['assertions', 'time', 'timestamp', 'classname', 'status', 'class', 'group', 'url'],
  },
  failure: { children: [], required: [], optional: ['type', 'message'] },
};

/** checkstyle.xsd of Checkstyle's own reports. */
const CHECKSTYLE: Readonly<Record<string, ElementRule>> = {
  checkstyle: { children: ['file'], required: ['version'], optional: [] },
  file: { children: ['error'], required: ['name'], optional: [] },
  error: { children: [], required: ['line', 'severity', 'message', 'source'], optional: ['column'] },
};

/** What a document does against the rules. */
function mistakesOf(xml: string, root: string, rules: Readonly<Record<string, ElementRule>>): string[] {
  const mistakes: string[] = [];
  const open: string[] = [];
  const parser = new SaxesParser();
  parser.on('error', (error) => mistakes.push(error.message));
  parser.on('opentag', ({ name, attributes }) => {
    const parent = open.at(-1);
    const rule = rules[name];
    open.push(name);
    if (parent === undefined ? name !== root : rules[parent]?.children.includes(name) !== true)
      mistakes.push(`${name} in ${parent ?? 'the document'}`);
    if (rule === undefined) return;
    const given = Object.keys(attributes);
    for (const one of rule.required) if (!given.includes(one)) mistakes.push(`${name} without ${one}`);
    for (const one of given)
      if (![...rule.required, ...rule.optional].includes(one)) mistakes.push(`${name} with ${one}`);
    for (const one of ['line', 'column', 'tests', 'failures', 'errors'])
      if (attributes[one] !== undefined && !/^\d+$/.test(String(attributes[one])))
        mistakes.push(`${one}="${attributes[one]}"`);
  });
  parser.on('closetag', () => {
    open.pop();
  });
  parser.write(xml).close();
  return mistakes;
}

describe('the report of ten mistakes', () => {
  const folder = process.cwd();
  let report: CheckReport;
  beforeAll(() => {
    const config = loadConfig({
      path: `${folder}/fixtures/mistakes/dovecot.conf`,
      host: nodeConfigHost(),
      maps: [{ from: '/etc/dovecot', to: `${folder}/fixtures/mistakes` }],
    });
    const sources = [
      ...config.trees.map(({ source }) => source),
      ...readExtFiles(config).flatMap(({ sources }) => sources),
    ];
    report = {
      version: config.version,
      files: sources.map(({ realPath }) => realPath),
      diagnostics: check(config),
    };
    expect(report.diagnostics.length).toBeGreaterThanOrEqual(10);
  });

  test('is SARIF 2.1.0', () => {
    const schema: object = createRequire(import.meta.url)(
      '@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json',
    );
    const isSarif = new AjvDraft04.default({
      strict: false,
      validateFormats: false,
      unicodeRegExp: false,
    }).compile(schema);
    const document = JSON.parse(sarifReport(report, { folder, toolVersion: '1.2.3', rules: allRules() }));
    expect(isSarif(document), JSON.stringify(isSarif.errors)).toBe(true);
  });

  test('is a code quality report of GitLab', () => {
    const isGitlab = new Ajv.default().compile(GITLAB);
    const document: { fingerprint: string }[] = JSON.parse(gitlabReport(report, folder));
    expect(isGitlab(document), JSON.stringify(isGitlab.errors)).toBe(true);
    expect(new Set(document.map(({ fingerprint }) => fingerprint)).size).toBe(document.length);
  });

  test('is JUnit', () => {
    expect(mistakesOf(junitReport(report, folder), 'testsuites', JUNIT)).toEqual([]);
  });

  test('is Checkstyle', () => {
    expect(mistakesOf(checkstyleReport(report, folder), 'checkstyle', CHECKSTYLE)).toEqual([]);
  });

  test('is one annotation of GitHub a finding, whatever the message holds', () => {
    const [diagnostic] = report.diagnostics;
    if (diagnostic === undefined) throw new Error('nothing was found');
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (message) => {
        const text = githubReport({ ...report, diagnostics: [{ ...diagnostic, message }] }, folder);
        expect(text.endsWith('\n')).toBe(true);
        expect(text.slice(0, -1)).not.toMatch(/[\r\n]/);
        expect(text).toMatch(/^::(?:error|warning|notice) (?:[a-zA-Z]+=[^,:]*,)*[a-zA-Z]+=[^,:]*::/);
      }),
    );
  });
});
