import { USERS } from './random-chain.js';

/** One request to a chain. */
export interface ChainQuestion {
  readonly user: string;
  /** null: a look-up. */
  readonly password: string | null;
  readonly mechanism: 'PLAIN' | 'LOGIN';
  readonly authorizationId: string;
  readonly remoteIp: string;
  /** As a login process asks. */
  readonly login: boolean;
}

function asked(user: string, password: string | null, more: Partial<ChainQuestion> = {}): ChainQuestion {
  return { user, password, mechanism: 'PLAIN', authorizationId: '', remoteIp: '', login: false, ...more };
}

/** Every user with the right and a wrong password, look-ups, master logins, other addresses and mechanisms. */
export function chainQuestions(seed: number): ChainQuestion[] {
  const pick = (index: number): string => USERS[(seed + index) % USERS.length] ?? 'ann';
  return [
    ...USERS.map((user) => asked(user, 'pw')),
    ...USERS.slice(0, 4).map((user) => asked(user, 'wrong')),
    ...USERS.slice(1, 5).map((user) => asked(user, null)),
    asked(pick(0), 'pw', { remoteIp: '10.1.2.3' }),
    asked(pick(1), 'pw', { remoteIp: '2001:db8::7', login: true }),
    asked(pick(2), 'pw', { login: true }),
    asked(pick(3), 'pw', { mechanism: 'LOGIN' }),
    asked(pick(4), 'wrong', { mechanism: 'LOGIN', remoteIp: '10.1.2.3' }),
    asked(pick(5), null, { remoteIp: '192.0.2.7' }),
    asked(pick(0), 'pw', { authorizationId: pick(1) }),
    asked(pick(2), 'pw', { authorizationId: pick(4), login: true }),
    asked('nobody', 'pw'),
    asked('nobody', null),
    asked('BOB', 'pw'),
    asked("it's%u@a.org", 'pw'),
    asked('b+ob', 'pw'),
    asked('ann', 'p\tw'),
    asked('ann*bob', 'pw'),
    asked('dan@b.org*eve', 'pw', { login: true }),
  ];
}
