import type { ByteString } from '../../../grammar/bytes.js';
import type { LmtpFrontFacts } from './backend-xclient.js';
import type { LmtpAction } from './lmtp-event.js';
import type { LmtpSettings } from './lmtp-settings.js';
import type { SmtpReply } from './smtp-reply.js';

/** What a backend can. */
export type Capabilities = Pick<ReadonlyMap<ByteString, unknown>, 'has'>;

/** One recipient at a backend. */
export interface BackendRecipient {
  /** RCPT without its end, once the backend's capabilities are known. */
  command(capabilities: Capabilities): ByteString;
  rcptReplied(reply: SmtpReply): void;
  dataReplied(reply: SmtpReply): void;
}

/** What a backend connection asks of its transaction. */
export interface BackendSide {
  readonly settings: LmtpSettings;
  readonly hostname: ByteString;
  act(action: LmtpAction): void;
  /** `lmtp-client: conn NAME: ` stands in front. */
  log(level: 'warning' | 'error', text: ByteString): void;
  facts(): LmtpFrontFacts;
  /** MAIL without its end. */
  mailCommand(capabilities: Capabilities): ByteString;
}
