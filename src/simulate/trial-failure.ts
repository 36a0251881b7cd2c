import type { ProxyFailureClass } from '../proxy/login-decision.js';
import type { Trial, TrialOutcome } from './trial.js';

/** Whether the destination did what was tried. */
export function isAnswered({ outcome }: Trial): boolean {
  return outcome === 'logged_in' || outcome === 'ready';
}

/** What a failed login at a backend means for whoever asked. */
export function failureOutcome(failure: ProxyFailureClass): TrialOutcome {
  switch (failure) {
    case 'connect':
      return 'unanswered';
    // Towards a backend nothing but TLS can fail inside.
    case 'internal':
      return 'tls_failed';
    case 'auth':
      return 'refused';
    case 'auth_tempfail':
      return 'temporary';
    case 'internal_config':
    case 'remote':
    case 'remote_config':
    case 'protocol':
    case 'auth_redirect':
      return 'wrong_answer';
  }
}

/** Who and where is said already, and what kind of failure it is. */
export function withoutLogHead(line: string): string {
  return line
    .replace(/^proxy\(.*?\): (?:Login failed(?: \(.*?\)| from .*?| as user .*?)?: )?/, '')
    .replace(/^Aborting due to internal error: Failed to start SSL handshake: /, '');
}
