import { toUtf8 } from '../../grammar/bytes.js';
import type { Config } from '../config/config.js';
import { displayText } from '../report/display-text.js';

/**
 * What Dovecot says when it refuses the configuration, for a terminal (control characters of the file are made visible);
 * null: it accepts it, or `--lenient` goes past it.
 */
export function refusalOf(config: Config, lenient: boolean): string | null {
  const { refusal } = config;
  if (refusal === null || lenient) return null;
  const words = refusal.dovecot?.message ?? refusal.message;
  // Checks behind the reading name the main file.
  const head =
    refusal.kind === 'failed-check' && !words.startsWith('Error in configuration file')
      ? `Error in configuration file ${config.main.path}: `
      : '';
  return `doveconf: Fatal: ${toUtf8(head + words)}`.split('\n').map(displayText).join('\n');
}
