import type { ByteString } from '../../../grammar/bytes.js';
import type { ConnectionFilter, EffectiveConfig } from '../../config/effective.js';

/** What a submission proxy says of the server behind it. */
export interface SubmissionSettings {
  /** Upper case; null = not configured, then only 8BITMIME is known. */
  readonly backendCapabilities: readonly ByteString[] | null;
  /** Bytes; 0 = no limit. */
  readonly maxMailSize: number;
  /** `exotic-backend`: offers only what the backend is said to have. */
  readonly exoticBackend: boolean;
}

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  K: 2 ** 10,
  M: 2 ** 20,
  G: 2 ** 30,
  T: 2 ** 40,
};

/** Dovecot lib-settings/settings-parser.c settings_get_size */
function parseSize(text: string): number {
  const match = /^(\d+)\s*([BKMGT]?)(?:I?B)?$/i.exec(text.trim());
  if (match === null) return 0;
  return Number(match[1]) * (UNITS[(match[2] ?? '').toUpperCase()] ?? 1);
}

function words(text: string): string[] {
  return text.split(/[ ,\t\n]+/).filter((word) => word !== '');
}

export function submissionSettings(config: EffectiveConfig, filter: ConnectionFilter): SubmissionSettings {
  const text = (name: string) => config.setting(name, filter)?.text ?? '';
  const capabilities = words(text('submission_backend_capabilities')).map((word) => word.toUpperCase());
  return {
    backendCapabilities: capabilities.length === 0 ? null : capabilities.filter((name) => name !== 'NONE'),
    maxMailSize: parseSize(text('submission_max_mail_size')),
    exoticBackend: words(text('submission_client_workarounds')).includes('exotic-backend'),
  };
}
