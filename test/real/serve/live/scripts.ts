import type { LiveCase, LiveCases, Step } from './case.js';
import { saslCorners } from './sasl-corners.js';
import { EXCHANGES, saslLogin, saslMistakes } from './sasl-steps.js';

/** What the tables of all protocols have in common. */
export interface Scripts {
  /** A conversation with a backend that does everything well. */
  one(steps: readonly Step[], more?: Partial<LiveCase>): LiveCase;
  readonly logout: string;
  /** What comes before AUTHENTICATE. */
  readonly hello: readonly Step[];
}

/** Every mechanism, with and without an initial response, right and wrong; and every mistake. */
export function saslCases({ one, hello, logout }: Scripts): LiveCases {
  const { protocol } = one([]);
  if (protocol === 'lmtp') throw new Error('LMTP has no logins');
  const cases: [string, LiveCase][] = [];
  for (const mechanism of Object.keys(EXCHANGES)) {
    const login = (name: string, options: Parameters<typeof saslLogin>[2]) =>
      cases.push([
        `AUTHENTICATE ${mechanism}${name}`,
        one([...hello, ...saslLogin(protocol, mechanism, options), logout], { fields: 'pass=secret' }),
      ]);
    login('', {});
    // An initial response for a mechanism that begins with the server is one of the mistakes.
    if (EXCHANGES[mechanism]?.clientFirst === true) login(' with an initial response', { initial: true });
    login(' with the wrong response', { spoilt: true });
  }
  for (const [name, steps] of Object.entries({ ...saslMistakes(protocol), ...saslCorners(protocol) }))
    cases.push([name, one([...hello, ...steps])]);
  return Object.fromEntries(cases);
}

const CLIENT_MECHANISMS = ['plain', 'login', 'external', 'xoauth2', 'oauthbearer'];

/** What a backend that is asked with `proxy_mech` answers, in its protocol. */
export interface MechanismAnswers {
  readonly challenge: string;
  readonly refusal: string;
  readonly badChallenge: string;
  /** More fields where the answer is no challenge in base64. */
  readonly badFields?: string;
}

/** Every `proxy_mech`, taken, challenged, refused and misunderstood; `login` is with a backend that answers this. */
export function mechanismCases(
  login: (answer: string | null, more: Partial<LiveCase>) => LiveCase,
  { challenge, refusal, badChallenge, badFields = '' }: MechanismAnswers,
): LiveCases {
  return Object.fromEntries(
    CLIENT_MECHANISMS.flatMap((mech) => {
      const fields = `proxy_mech=${mech}`;
      return [
        [`proxy_mech, ${mech}`, login(null, { fields: `${fields} pass=secret` })],
        [
          `proxy_mech, ${mech} with a challenge`,
          login(challenge, { fields: `${fields} pass=secret proxy_timeout=4500ms` }),
        ],
        [`proxy_mech, ${mech} refused`, login(refusal, { fields })],
        [
          `proxy_mech, ${mech} with a bad challenge`,
          login(badChallenge, { fields: `${fields}${badFields}` }),
        ],
      ];
    }),
  );
}
