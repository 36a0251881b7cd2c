import { ImapSession } from './imap/imap-session.js';
import type { LoginProtocol } from './login-protocols.js';
import type { LoginSession, LoginSessionOptions } from './login-session.js';
import { Pop3Session } from './pop3/pop3-session.js';
import { SieveSession } from './sieve/sieve-session.js';
import { SubmissionSession } from './submission/submission-session.js';

/** A new connection's machine. */
export function createLoginSession(protocol: LoginProtocol, options: LoginSessionOptions): LoginSession {
  switch (protocol) {
    case 'imap':
      return new ImapSession(options);
    case 'pop3':
      return new Pop3Session(options);
    case 'submission':
      return new SubmissionSession(options);
    case 'sieve':
      return new SieveSession(options);
  }
}
