import type { ByteString } from '../../../grammar/bytes.js';
import type { AuthAnswer } from '../../auth/answer.js';
import { formatAddress, parseUserName, type SmtpAddress, splitDetail } from '../../config/smtp-address.js';
import { ipPort, parseIp, sameIp } from '../ip-address.js';
import { formatAuthority } from '../referral-authority.js';
import { sanitize } from '../sanitize.js';
import type { Capabilities } from './backend-side.js';
import type { LmtpFrontFacts } from './backend-xclient.js';
import { LmtpBackend } from './lmtp-backend.js';
import type { LmtpClient } from './lmtp-client.js';
import type { LmtpAction, LocalUser } from './lmtp-event.js';
import { type LmtpDestination, parseLmtpFields } from './lmtp-fields.js';
import { LmtpRecipient } from './lmtp-recipient.js';
import type { MailParameters, RcptParameters } from './parameters.js';
import { parseRedirect } from './redirect-target.js';
import { formatReply, isSuccess, type RemoteReply, replyLogText } from './smtp-reply.js';

/** What a transaction asks of its session. */
export interface TransactionSide {
  act(action: LmtpAction): void;
  log(level: 'info' | 'warning' | 'error', text: ByteString): void;
  /** A recipient's answer to RCPT. */
  rcptAnswered(recipient: LmtpRecipient, lines: ByteString, accepted: boolean): void;
  dataAnswered(recipient: LmtpRecipient, lines: ByteString): void;
}

/** One message: its sender, its recipients and the backends that they are at. Dovecot lmtp-proxy.c struct lmtp_proxy */
export class LmtpTransaction {
  readonly id: ByteString;
  readonly sender: SmtpAddress;
  readonly startedMs: number;
  readonly #parameters: MailParameters;
  readonly #client: LmtpClient;
  readonly #side: TransactionSide;
  /** Those that were accepted, in the order of RCPT. */
  readonly recipients: LmtpRecipient[] = [];
  readonly #backends: LmtpBackend[] = [];
  readonly #redirects = new Map<LmtpRecipient, { ttl: number; readonly places: string[]; reauth: boolean }>();
  #named = 0;
  #timeoutMs = 0;

  constructor(
    id: ByteString,
    sender: SmtpAddress,
    parameters: MailParameters,
    client: LmtpClient,
    side: TransactionSide,
  ) {
    this.id = id;
    this.sender = sender;
    this.#parameters = parameters;
    this.#client = client;
    this.#side = side;
    this.startedMs = client.environment.now();
  }

  /** A new recipient with an id of its own. Dovecot lmtp-recipient.c */
  recipient(path: SmtpAddress, parameters: RcptParameters): LmtpRecipient {
    this.#named += 1;
    const sessionId = this.#named === 1 ? this.id : `${this.id}:R${this.#named}`;
    const recipient: LmtpRecipient = new LmtpRecipient(path, parameters, sessionId, {
      verboseReplies: this.#client.settings.verboseReplies,
      rcptAnswered: (lines, accepted) => this.#side.rcptAnswered(recipient, lines, accepted),
      dataAnswered: (lines) => this.#side.dataAnswered(recipient, lines),
      logDelivery: (reply) => {
        const level = isSuccess(reply) || reply.kind === 'remote' ? 'info' : 'error';
        this.#logRecipient(
          recipient,
          level,
          this.#deliveryText(recipient, isSuccess(reply), replyLogText(reply)),
        );
      },
      redirected: (reply) => this.#redirect(recipient, reply),
    });
    return recipient;
  }

  #deliveryText(recipient: LmtpRecipient, saved: boolean, reply: ByteString): ByteString {
    const { backend } = recipient;
    const what = saved ? 'Sent message to' : 'Failed to send message to';
    const place = `${backend?.destination.host}:${backend?.destination.port}`;
    const elapsed = Math.floor(this.#client.environment.now() - (backend?.startedMs ?? 0));
    const count = `${this.recipients.indexOf(recipient) + 1}/${this.recipients.length} at ${elapsed} ms`;
    return `<${recipient.sessionId}>: ${what} <${formatAddress(recipient.address)}> at ${place}: ${reply} (${count})`;
  }

  #logRecipient(recipient: LmtpRecipient, level: 'info' | 'error', text: ByteString): void {
    this.#side.log(level, `${this.#client.logName}: rcpt ${sanitize(recipient.pathText, 128)}: ${text}`);
  }

  #refuse(recipient: LmtpRecipient, status: number, code: string, text: ByteString): void {
    const lines = formatReply(status, code, [`<${recipient.pathText}> ${text}`]);
    this.#side.rcptAnswered(recipient, lines, false);
  }

  /** The auth process has answered for a recipient. Dovecot lmtp-proxy.c lmtp_proxy_rcpt */
  lookedUp(recipient: LmtpRecipient, asked: ByteString, answer: AuthAnswer, local: LocalUser): void {
    if (answer.result === 'tempfail') {
      this.#refuse(recipient, 451, '4.3.0', 'Temporary user lookup failure');
      return;
    }
    if (answer.result !== 'ok') {
      this.#notProxied(recipient, asked, local);
      return;
    }
    const { localPort } = this.#client.addresses;
    const fields = parseLmtpFields(answer, { version: this.#client.settings.version, localPort });
    switch (fields.kind) {
      case 'local':
        this.#notProxied(recipient, asked, local);
        break;
      case 'nologin':
        if (fields.referral === null) this.#refuse(recipient, 550, '5.3.5', 'Login disabled');
        else {
          const { user, host, port } = fields.referral;
          this.#refuse(recipient, 550, '5.2.900', `${formatAuthority(user, host, port)} Referral`);
        }
        break;
      case 'invalid':
        this.#logRecipient(recipient, 'error', fields.log);
        if (this.#client.series === '2.4')
          this.#refuse(recipient, 550, '5.3.5', 'Internal user lookup failure');
        else this.#notProxied(recipient, asked, 'exists');
        break;
      case 'proxy':
        recipient.forward = fields.forward;
        if (fields.redirectReauth) this.#redirects.set(recipient, { ttl: 0, places: [], reauth: true });
        this.#proxy(recipient, asked, fields.user, fields.destination);
        break;
    }
  }

  /** Dovecot would deliver the message itself here. */
  #notProxied(recipient: LmtpRecipient, asked: ByteString, local: LocalUser): void {
    switch (local) {
      case 'unknown':
        this.#refuse(recipient, 550, '5.1.1', `User doesn't exist: ${asked}`);
        break;
      case 'unavailable':
        this.#refuse(recipient, 451, '4.3.0', 'Temporary internal error');
        break;
      case 'exists':
        // For the moment only: whoever sent it keeps the message until the configuration is right.
        this.#logRecipient(
          recipient,
          'error',
          'Delivery refused: the passdb gave no proxy field that can be used, and this proxy stores no mail',
        );
        this.#refuse(recipient, 451, '4.3.5', 'This server is a proxy and has no mailbox for this user.');
        break;
    }
  }

  #proxy(recipient: LmtpRecipient, asked: ByteString, user: ByteString, destination: LmtpDestination): void {
    if (user !== asked) {
      const parsed = parseUserName(user, this.#client.series);
      if (parsed.kind === 'error') {
        const text = `Username \`${user}' returned by passdb lookup is not a valid SMTP address`;
        this.#logRecipient(recipient, 'error', `${asked}: ${text}`);
        this.#refuse(recipient, 550, '5.3.5', 'Internal user lookup failure');
        return;
      }
      recipient.address = this.#withDetail(recipient.path, parsed.address);
    } else if (this.#isOurself(destination)) {
      this.#logRecipient(recipient, 'error', `Proxying to <${user}> loops to itself`);
      this.#refuse(recipient, 554, '5.4.6', 'Proxying loops to itself');
      return;
    }
    if (this.#client.receivedTtl === 0) {
      const shown = this.#client.series === '2.3' ? user : recipient.pathText;
      this.#logRecipient(recipient, 'error', `Proxying to <${shown}> appears to be looping (TTL=0)`);
      this.#refuse(recipient, 554, '5.4.6', 'Proxying appears to be looping (TTL=0)');
      return;
    }
    this.#connect(recipient, destination);
  }

  /** The detail of the first address belongs to the new one too. */
  #withDetail(path: SmtpAddress, address: SmtpAddress): SmtpAddress {
    const { delimiter, detail } = splitDetail(path, this.#client.settings.recipientDelimiter);
    if (detail === '') return address;
    return { localpart: `${address.localpart ?? ''}${delimiter}${detail}`, domain: address.domain };
  }

  #isOurself({ port, host, hostIp }: LmtpDestination): boolean {
    const { localIp, localPort } = this.#client.addresses;
    const target = hostIp ?? parseIp(host);
    const own = parseIp(localIp);
    return port === localPort && target !== null && own !== null && sameIp(target, own);
  }

  /** Recipients of the same server share its connection. Dovecot lmtp-proxy.c lmtp_proxy_get_connection */
  #connect(recipient: LmtpRecipient, destination: LmtpDestination): void {
    let backend = this.#backends.find((known) => sameServer(known.destination, destination));
    if (backend === undefined) {
      const ip = (destination.hostIp ?? parseIp(destination.host))?.text;
      const id = this.#backends.length + 1;
      backend = new LmtpBackend(id, destination, ip ?? '', this.#client.environment.now(), {
        settings: this.#client.settings,
        hostname: this.#client.ownName,
        act: (action) => this.#side.act(action),
        log: (level, text) => this.#side.log(level, `${destination.protocol}-client: ${text}`),
        facts: () => this.#facts(id),
        mailCommand: (capabilities) => this.#mailCommand(capabilities),
      });
      this.#backends.push(backend);
      this.#timeoutMs = Math.max(this.#timeoutMs, destination.timeoutMs);
      if (ip === undefined) backend.unresolved();
      else backend.connect();
    }
    recipient.backend = backend;
    backend.add(recipient);
  }

  #facts(id: number): LmtpFrontFacts {
    const client = this.#client;
    const { front, series } = client;
    return {
      helo: front.helo ?? client.helo,
      protocol: front.protocol ?? 'LMTP',
      login: front.login ?? null,
      session: `${this.id}:P${id}`,
      // What XCLIENT said of it counts for nothing. observed 2.4.1
      transport: series === '2.3' ? null : client.tls === 'active' ? 'TLS' : 'insecure',
      destinationName: series === '2.3' || client.localName === '' ? null : client.localName,
      ttl: client.ttl,
      port: client.remotePort,
      address: client.remoteIp,
    };
  }

  /** A backend that knows no 8BITMIME is not told of it (real Dovecot panics). RFC 6152 */
  #mailCommand(capabilities: Capabilities): ByteString {
    const { body, utf8 } = this.#parameters;
    const known = body === '7BIT' || (body === '8BITMIME' && capabilities.has('8BITMIME'));
    return `MAIL FROM:<${this.sender.broken ?? formatAddress(this.sender)}>${known ? ` BODY=${body}` : ''}${utf8 ? ' SMTPUTF8' : ''}`;
  }

  /** 2.4 goes on at the server that a backend names. Dovecot 2.4.1 lmtp-proxy.c lmtp_proxy_rcpt_redirect */
  #redirect(recipient: LmtpRecipient, reply: RemoteReply): boolean {
    const { backend } = recipient;
    const isRedirect = reply.status === 550 && reply.enhanced === '5.2.900';
    if (this.#client.series === '2.3' || !isRedirect || backend === null) return false;
    const target = parseRedirect(reply.lines[0] ?? '');
    if (target.kind === 'invalid') {
      const shown = sanitize(replyLogText(reply), 160);
      const problem = `Backend server returned invalid redirect '${shown}': ${target.problem}`;
      this.#logRecipient(recipient, 'error', problem);
      this.#refuse(recipient, 451, '4.3.0', 'Temporary internal proxy error');
      return true;
    }
    const { ip } = target;
    const port = target.port ?? backend.destination.port;
    this.#follow(recipient, { ...backend.destination, host: ip.text, hostIp: ip, port });
    return true;
  }

  #follow(recipient: LmtpRecipient, destination: LmtpDestination): void {
    const path = this.#redirects.get(recipient) ?? { ttl: this.#client.ttl, places: [], reauth: false };
    this.#redirects.set(recipient, path);
    const here = recipient.backend?.destination;
    const target = ipPort(destination.host, destination.port);
    const current =
      here === undefined ? '' : ipPort((here.hostIp ?? parseIp(here.host))?.text ?? '', here.port);
    if (current === target || path.places.includes(target)) {
      const text = `Proxying loops - already connected to ${destination.host}:${destination.port}`;
      this.#logRecipient(recipient, 'error', text);
      this.#refuse(recipient, 554, '5.4.6', 'Proxying loops to itself');
      return;
    }
    if (this.#isOurself(destination)) {
      this.#logRecipient(
        recipient,
        'error',
        `Proxying to <${formatAddress(recipient.address)}> loops to itself`,
      );
      this.#refuse(recipient, 554, '5.4.6', 'Proxying loops to itself');
      return;
    }
    path.ttl -= 1;
    path.places.push(target);
    if (path.ttl <= 0) {
      this.#logRecipient(
        recipient,
        'error',
        `Proxying to <${recipient.pathText}> appears to be looping (TTL=0)`,
      );
      this.#refuse(recipient, 554, '5.4.6', 'Proxying appears to be looping (TTL=0)');
      return;
    }
    this.#connect(recipient, destination);
  }

  backend(id: number): LmtpBackend | undefined {
    return this.#backends[id - 1];
  }

  /** The message is complete: every backend gets it. */
  deliver(body: {
    readonly head: ByteString;
    readonly size: number;
    readonly endsWithNewline: boolean;
  }): void {
    for (const backend of this.#backends) backend.sendMessage(body, this.#timeoutMs);
  }

  /** It is over: backends are left in order. */
  close(): void {
    for (const backend of this.#backends) backend.close();
  }
}

function sameServer(left: LmtpDestination, right: LmtpDestination): boolean {
  return (
    left.protocol === right.protocol &&
    left.port === right.port &&
    left.host === right.host &&
    left.hostIp?.text === right.hostIp?.text &&
    left.sourceIp?.text === right.sourceIp?.text &&
    left.tls === right.tls &&
    left.anyCertificate === right.anyCertificate
  );
}
