import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { fromUtf8 } from '../../grammar/bytes.js';
import type { DovecotVersion } from '../../src/knowledge/versions.js';
import { LOGIN_PROCESSES, type LoginProtocol } from '../../src/proxy/login-protocols.js';

/** What one party did: bytes, or an event with its details. */
export type Step = readonly [
  seconds: number,
  from: string,
  to: string,
  what: string | Readonly<Record<string, string | number>>,
];

/** One recorded conversation with a real Dovecot proxy (fixtures/transcripts). */
export interface Transcript<Protocol extends LoginProtocol | 'lmtp' = LoginProtocol> {
  readonly name: string;
  readonly version: DovecotVersion;
  readonly protocol: Protocol;
  /** Key of the configuration in configs.json. */
  readonly config: string;
  /** Extra fields of each user's passdb entry. */
  readonly fields: Readonly<Record<string, string>>;
  readonly password: string;
  readonly steps: readonly Step[];
  readonly log: readonly string[];
}

function fixture(name: string): string {
  return readFileSync(fileURLToPath(new URL(`../../fixtures/transcripts/${name}`, import.meta.url)), 'utf8');
}

export function loadTranscripts<Protocol extends LoginProtocol | 'lmtp'>(
  protocol: Protocol,
  version: DovecotVersion,
): Transcript<Protocol>[] {
  return fixture(`${protocol}-${version}.ndjson`)
    .trimEnd()
    .split('\n')
    .map((line) => {
      const transcript = JSON.parse(line) as Transcript<Protocol>;
      const fields = Object.entries(transcript.fields).map(([user, text]) => [user, fromUtf8(text)]);
      return {
        ...transcript,
        protocol,
        fields: Object.fromEntries(fields),
        log: transcript.log.map(fromUtf8),
      };
    });
}

const configs = JSON.parse(fixture('configs.json')) as Record<string, string>;

/** Of any protocol. */
export type AnyTranscript = Transcript<LoginProtocol | 'lmtp'>;

export function configOf(transcript: AnyTranscript): string {
  return configs[transcript.config] ?? '';
}

/** Name of the login process that served the conversation. */
export function processOf(transcript: Transcript): string {
  return LOGIN_PROCESSES[transcript.protocol];
}

/** A log level as the log shows it. */
export function titled(level: string): string {
  return level.charAt(0).toUpperCase() + level.slice(1);
}
