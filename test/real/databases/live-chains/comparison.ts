import type { DovecotVersion } from '../../../../src/knowledge/versions.js';
import type { RecordedAnswer, Recording } from '../../../databases/live-recording.js';
import { askOf, askReal, batchConfig, type Compared, type Ours, serviceOf } from '../../auth/chain-batch.js';
import type { ChainQuestion } from '../../auth/chain-questions.js';
import { type DovecotAuth, startDovecotAuth } from '../../servers/dovecot-auth.js';
import type { ChainSet } from './chain-set.js';

/** A question to one set: what real Dovecot, dvproxy and dvproxy with a fixture say. */
interface LiveAnswer extends Compared {
  readonly fixture: string;
  readonly fixtureLog: readonly string[];
}

interface SetupOfSets {
  readonly version: DovecotVersion;
  readonly config: string;
  readonly files: Readonly<Record<string, string>>;
  readonly run: false;
}

interface LiveComparison {
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

function setupOf(version: DovecotVersion, sets: readonly ChainSet[]): SetupOfSets {
  return {
    version,
    config: `auth_username_chars =\n${batchConfig(version, new Map(sets.entries()))}`,
    files: Object.assign({}, ...sets.map(({ files }) => files)),
    run: false,
  };
}

// Messages of the client library may have the text of an earlier failure behind them.
const comparableLog = (lines: readonly string[]): readonly string[] =>
  lines.map((line) => line.replace(/(parsing failed: Bad search filter), .*$/, '$1'));

/** All sets in one auth process, each for a protocol of its own. */
export async function compareSets(
  version: DovecotVersion,
  sets: readonly ChainSet[],
  fixture: string,
): Promise<LiveComparison> {
  const setup = setupOf(version, sets);
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
        realLog: comparableLog(each.realLog),
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

const LOOKUPS_KEPT = 1;

/** Some questions of each set: those with another password or another result say more than the tenth user. */
function chosen({ questions }: ChainSet): ChainSet['questions'] {
  const lookups = questions.filter(({ password }) => password === null).slice(0, LOOKUPS_KEPT);
  const wrong = questions.filter(({ password }) => password !== null && password !== 'pw').slice(0, 1);
  return [...questions.filter(({ password }) => password === 'pw').slice(0, 6), ...wrong, ...lookups];
}

/** Asks real Dovecot by doveadm. `port`: of the server, which is no part of the recording. */
export async function recordSets(
  version: DovecotVersion,
  all: readonly ChainSet[],
  port: number,
): Promise<Recording> {
  const sets = all.map((set) => ({ ...set, questions: chosen(set) }));
  const setup = setupOf(version, sets);
  const auth = startDovecotAuth(setup);
  try {
    const asked: Omit<RecordedAnswer, 'log'>[] = [];
    let count = 0;
    auth.begin();
    for (const [seed, { name, questions }] of sets.entries())
      for (const { user, password } of questions) {
        count += 1;
        const session = `s${count}`;
        const ours = await auth.ours(askOf(seed, questionOf(user, password), session));
        if (!ours.survives) continue;
        const service = serviceOf(seed);
        const named = [`${version === '2.3.19.1' ? 'service' : 'protocol'}=${service}`, `session=${session}`];
        const options = named.flatMap((value) => ['-x', value]);
        const { stdout, stderr, exitCode } = auth.doveadm(
          password === null
            ? ['auth', 'lookup', ...options, user]
            : ['auth', 'test', ...options, user, password],
        );
        const { queries } = ours;
        asked.push({ set: name, service, session, user, password, stdout, stderr, exit: exitCode, queries });
      }
    const lines = auth.requestLog();
    const withoutPort = (text: string): string => text.replaceAll(String(port), '9999');
    return {
      version,
      config: withoutPort(setup.config),
      files: Object.fromEntries(Object.entries(setup.files).map(([name, text]) => [name, withoutPort(text)])),
      answers: asked.map((each) => ({
        ...each,
        log: comparableLog(lines.filter((line) => line.includes(`<${each.session}>`)).sort()),
      })),
    };
  } finally {
    await auth.stop();
  }
}
