import type { CheckReport } from './check-report.js';
import { displayText } from './display-text.js';
import { placeText } from './text.js';

/** One line a finding, as editors and grep read it: `FILE:LINE:COLUMN: SEVERITY: MESSAGE [CODE]`. */
export function compactReport({ diagnostics }: CheckReport): string {
  return diagnostics
    .map(({ place, severity, message, code }) => {
      const where = place === null ? 'dvproxy' : placeText(place);
      return `${where}: ${severity}: ${displayText(message)} [${code}]\n`;
    })
    .join('');
}
