import type { AnswerField, AuthAnswer } from '../../src/auth/answer.js';

/** Fields from the text of a passwd-file entry: `name`, `name=value`, separated by spaces. */
export function fieldsFrom(text: string): AnswerField[] {
  return text
    .split(' ')
    .filter((part) => part !== '')
    .map((part) => {
      const equals = part.indexOf('=');
      const from = { kind: 'client' } as const;
      return equals === -1
        ? { name: part, value: null, from }
        : { name: part.slice(0, equals), value: part.slice(equals + 1), from };
    });
}

/** An answer of the auth process as the proxy sees it, without the story behind it. */
export function authAnswer(user: string, fields: string, changes: Partial<AuthAnswer> = {}): AuthAnswer {
  return {
    result: 'ok',
    passdbResult: 'ok',
    code: null,
    reason: null,
    originalUser: user,
    user,
    masterUser: '',
    fields: fieldsFrom(fields),
    hiddenFields: [],
    userdbFields: [],
    steps: [],
    log: [],
    passwordAssumed: false,
    nodelay: false,
    delayUntil: null,
    unreachable: [],
    emptyField: false,
    crash: null,
    ...changes,
  };
}
