import type { AuthAnswer } from '../../src/auth/answer.js';
import { POLICY_ALLOWS } from '../../src/auth/policy.js';
import type { WalkQuestion, WalkReply } from '../../src/auth/questions.js';
import type { AuthRequest } from '../../src/auth/request.js';
import { walk } from '../../src/auth/walk.js';
import type { WalkEnvironment } from '../../src/auth/walk-state.js';
import type { EffectiveConfig } from '../../src/config/effective.js';
import type { ConfigHost } from '../../src/config/host.js';
import { loadConfig } from '../../src/config/load.js';
import { seriesOf } from '../../src/knowledge/versions.js';
import { type LmtpSettings, lmtpSettings } from '../../src/proxy/lmtp/lmtp-settings.js';
import type { ClientSettings } from '../../src/proxy/login-client.js';
import { LoginLogFormat } from '../../src/proxy/login-log.js';
import { sieveSettings } from '../../src/proxy/sieve/sieve-settings.js';
import { submissionSettings } from '../../src/proxy/submission/submission-settings.js';
import { fieldsFrom } from './auth-answer.js';
import { type AnyTranscript, configOf, type Transcript } from './transcript.js';

const loaded = new Map<string, EffectiveConfig>();

/** The configuration that a transcript was recorded with, read by the configuration layer from memory. */
function recordedConfig(transcript: AnyTranscript): EffectiveConfig {
  const known = loaded.get(transcript.config);
  if (known !== undefined) return known;
  const text = configOf(transcript).replaceAll('<DIR>', '/recorded').replaceAll('<CERTS>', '/certs');
  const host: ConfigHost = {
    readFile: (path) => Buffer.from(path === '/dovecot.conf' ? text : ''),
    glob: () => [],
    isDirectory: () => false,
    environment: {},
  };
  const { effective } = loadConfig({ path: '/dovecot.conf', host, version: transcript.version });
  loaded.set(transcript.config, effective);
  return effective;
}

/** What the login process of the recording worked with. */
export function recordedSettings(transcript: Transcript): ClientSettings {
  const filter = { protocol: transcript.protocol };
  const config = recordedConfig(transcript);
  const login = config.login(filter);
  const logFormat = new LoginLogFormat(
    seriesOf(transcript.version),
    login.logFormat,
    login.logFormatElements,
    (template) => template,
  );
  const submission = submissionSettings(config, filter);
  return {
    login,
    certificates: { required: false, nameUser: false },
    mechanisms: ['PLAIN', 'LOGIN'],
    logFormat,
    submission,
    sieve: sieveSettings(config, filter),
  };
}

/** The same for the LMTP process. */
export function recordedLmtpSettings(transcript: AnyTranscript): LmtpSettings {
  return lmtpSettings(recordedConfig(transcript), { protocol: 'lmtp' });
}

const ENVIRONMENT: WalkEnvironment = {
  driverFacts: () => ({ blocking: false, canLookupCredentials: true, cached: false }),
  system: {
    hostname: 'proxy',
    pid: 1,
    uid: 0,
    gid: 0,
    now: () => 0,
    randomBytes: (count) => new Uint8Array(count),
  },
  detailed: false,
};

/** The auth process of the recording: a passwd-file with the recorded users. */
export function recordedAnswer(request: AuthRequest, transcript: AnyTranscript): AuthAnswer {
  const walking = walk(
    request,
    recordedConfig(transcript).auth({ protocol: transcript.protocol }),
    ENVIRONMENT,
  );
  let step = walking.next();
  while (step.done !== true) step = walking.next(reply(step.value, transcript));
  return step.value;
}

/** What DNS knows. */
const ADDRESSES: Readonly<Record<string, readonly string[]>> = {
  localhost: ['127.0.0.1'],
  'backend.example.com': ['127.0.0.1'],
  'two.example.com': ['127.0.0.1', '127.0.0.2'],
};

function reply(question: WalkQuestion, transcript: AnyTranscript): WalkReply {
  switch (question.kind) {
    case 'lookup': {
      const extra = transcript.fields[question.context.user];
      if (extra === undefined) return { kind: 'lookup', outcome: { kind: 'unknown' } };
      const fields = fieldsFrom(extra).map(({ name, value }): [string, string] => [name, value ?? '']);
      return {
        kind: 'lookup',
        outcome: {
          kind: 'found',
          fields: [['password', transcript.password], ...fields],
          defaultScheme: 'PLAIN',
        },
      };
    }
    case 'verify': {
      const same = question.stored.replace(/^\{PLAIN\}/, '') === question.plaintext;
      return { kind: 'verify', verdict: { kind: same ? 'match' : 'mismatch' } };
    }
    case 'resolve': {
      const ips = ADDRESSES[question.host];
      return {
        kind: 'resolve',
        reply:
          ips === undefined
            ? { kind: 'failed', message: 'Name or service not known' }
            : { kind: 'addresses', ips },
      };
    }
    case 'cache':
      return { kind: 'cache', entry: null };
    case 'decode':
      return { kind: 'decode', message: null };
    case 'policy':
      return { kind: 'policy', verdict: POLICY_ALLOWS };
    case 'policy-report':
      return { kind: 'policy-report' };
    case 'looked-up':
      return { kind: 'looked-up' };
    default:
      throw new Error('no recorded conversation asks for that');
  }
}
