import { describe, expect, test } from 'vitest';
import { usernameAccepted, wildcardMatch } from '../../src/auth/skip.js';

describe('username_filter', () => {
  test.each([
    ['*@a.org !adm@*', 'bob@a.org', true],
    ['*@a.org !adm@*', 'adm@a.org', false],
    ['*@a.org, *@b.org', 'bob@b.org', true],
    ['*@a.org', 'bob@b.org', false],
    ['!x*', 'bob', true],
    ['!x*', 'x1', false],
    ['', 'bob', true],
  ])('%j and %s: %s', (filter, user, accepted) => {
    expect(usernameAccepted(filter, user)).toBe(accepted);
  });

  test.each([
    ['bob', 'b?b', true],
    ['bob', 'b*', true],
    ['bob', '*o*', true],
    ['bob', 'b?', false],
    ['', '*', true],
    ['aXbXc', 'a*b*c', true],
    ['a'.repeat(5000), `${'*a'.repeat(50)}b`, false],
  ])('%.10s against %.10s: %s', (text, pattern, matches) => {
    expect(wildcardMatch(text, pattern)).toBe(matches);
  });
});
