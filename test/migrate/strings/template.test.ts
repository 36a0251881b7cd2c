import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AUTH_TABLE } from '../../../src/migrate/strings/name-tables.js';
import { translateTemplate } from '../../../src/migrate/strings/template.js';
import { expand } from '../../../src/variables/expand.js';
import { scopes, templates23 } from './template-pairs.js';

describe('a text with variables of 2.3', () => {
  test('gives the same text in 2.4, or says where not', () => {
    let exact = 0;
    let all = 0;
    fc.assert(
      fc.property(templates23, fc.array(scopes, { minLength: 3, maxLength: 3 }), (template, requests) => {
        all++;
        const { text, remarks } = translateTemplate(template, AUTH_TABLE);
        if (remarks.some(({ kind }) => kind !== 'fails')) return;
        exact++;
        for (const scope of requests) {
          const old = expand('2.3', template, scope);
          if (old.kind === 'error' && old.crash !== undefined) continue;
          const now = expand('2.4', text, scope);
          if (old.kind === 'ok') expect(now, text).toEqual(old);
          else expect(now.kind, text).toBe('error');
        }
      }),
      { numRuns: Number(process.env['DVPROXY_PROPERTY_RUNS'] ?? 3000) },
    );
    if (process.env['DVPROXY_PROPERTY_RUNS'] !== undefined) console.log(exact, all);
    expect(exact / all).toBeGreaterThan(0.6);
  });
});
