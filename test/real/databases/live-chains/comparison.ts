import type { DovecotVersion } from '../../../../src/knowledge/versions.js';
import { askOf, askReal, batchConfig, type Compared, type Ours } from '../../auth/chain-batch.js';
import type { ChainQuestion } from '../../auth/chain-questions.js';
import { type DovecotAuth, startDovecotAuth } from '../../servers/dovecot-auth.js';
import type { ChainSet } from './chain-set.js';

/** A question to one set: what real Dovecot, dvproxy and dvproxy with a fixture say. */
export interface LiveAnswer extends Compared {
  readonly fixture: string;
  readonly fixtureLog: readonly string[];
}

export interface LiveComparison {
  readonly answers: readonly LiveAnswer[];
  /** Questions that were not asked: real Dovecot would hang or die. */
  readonly deadly: number;
}

const questionOf = (user: string, password: string | null): ChainQuestion => ({
  user,
  password,
  mechanism: 'PLAIN',
  authorizationId: '',
  remoteIp: '',
  login: false,
});

async function askAll(auth: DovecotAuth, sets: readonly ChainSet[]) {
  const all: Ours[] = [];
  let deadly = 0;
  let count = 0;
  for (const [seed, { questions }] of sets.entries())
    for (const { user, password } of questions) {
      count += 1;
      const session = `s${count}`;
      const question = questionOf(user, password);
      const { stdout, stderr, log, survives } = await auth.ours(askOf(seed, question, session));
      if (survives) all.push({ seed, session, question, said: stdout + stderr, log });
      else deadly += 1;
    }
  return { all, deadly };
}

/** All sets in one auth process, each for a protocol of its own. */
export async function compareSets(
  version: DovecotVersion,
  sets: readonly ChainSet[],
  fixture: string,
): Promise<LiveComparison> {
  const setup = {
    version,
    config: `auth_username_chars =\n${batchConfig(version, new Map(sets.entries()))}`,
    files: Object.assign({}, ...sets.map(({ files }) => files)),
    run: false,
  };
  const auth = startDovecotAuth(setup);
  const replayed = startDovecotAuth({ ...setup, fixtures: [fixture] });
  try {
    const { all: ours, deadly } = await askAll(auth, sets);
    const { all: fromFixture } = await askAll(replayed, sets);
    auth.begin();
    const bySession = new Map(fromFixture.map((each) => [each.session, each]));
    const asBytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');
    const asked = ours.map((each) => {
      const { user, password } = each.question;
      const question = {
        ...each.question,
        user: asBytes(user),
        password: password === null ? null : asBytes(password),
      };
      return { ...each, question };
    });
    const compared = await askReal(version, auth, asked, true);
    const answers = compared.map((each, index) => {
      const { session = '' } = ours[index] ?? {};
      const other = bySession.get(session);
      return {
        ...each,
        real: Buffer.from(each.real, 'latin1').toString('utf8'),
        fixture: other?.said ?? '',
        fixtureLog: (other?.log ?? []).filter((line) => line.includes(`<${session}>`)).sort(),
      };
    });
    return { answers, deadly };
  } finally {
    await replayed.stop();
    await auth.stop();
  }
}
