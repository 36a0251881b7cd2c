import type { ByteString } from '../../grammar/bytes.js';
import type { Destination } from '../proxy/destination.js';
import { GOODBYE_MS, type Trial, type TrialConnection, type TrialDial, TrialLog } from './trial.js';

export interface LmtpTrialOptions {
  readonly destination: Destination;
  /** Address to connect to. */
  readonly ip: string;
  /** What the proxy calls itself. */
  readonly hostname: ByteString;
  readonly dial: TrialDial;
  /** Stop before the recipient is named. */
  readonly withoutRecipient: boolean;
}

type State = 'banner' | 'lhlo' | 'starttls' | 'mail' | 'rcpt' | 'leaving';

/** Tries the destination of a recipient: as far as RCPT TO, and no mail. RFC 2033; Dovecot lmtp/lmtp-proxy.c */
export class LmtpTrial {
  readonly #options: LmtpTrialOptions;
  readonly #log = new TrialLog();
  #connection: TrialConnection | null = null;
  #state: State = 'banner';
  #secured = false;
  #capabilities: ByteString[] = [];
  #input = '';
  #timer: NodeJS.Timeout | null = null;
  #verdict: Omit<Trial, 'events'> | null = null;
  #over = false;
  #finish: (trial: Trial) => void = () => undefined;

  constructor(options: LmtpTrialOptions) {
    this.#options = options;
  }

  run(): Promise<Trial> {
    return new Promise((resolve) => {
      this.#finish = resolve;
      this.#connect();
    });
  }

  #connect(): void {
    const { destination, ip, dial } = this.#options;
    const { port, tls, timeoutMs } = destination;
    const sourceIp = destination.sourceIp === '' ? null : destination.sourceIp;
    this.#secured = tls === 'implicit';
    if (this.#secured) this.#log.hold();
    this.#log.add({ kind: 'connecting', ip, port, sourceIp });
    this.#timer = setTimeout(() => this.#end('unanswered', `no answer in ${timeoutMs / 1000} s`), timeoutMs);
    this.#connection = dial(
      {
        ip,
        port,
        sourceIp,
        tls: tls === 'implicit' ? this.#tls() : null,
      },
      {
        connected: () => this.#log.add({ kind: 'connected', local: this.#connection?.local ?? null }),
        refused: (error) => this.#end('unanswered', `connect(${ip}, ${port}) failed: ${error}`),
        data: (data) => this.#received(data),
        secured: (facts) => this.#log.add({ kind: 'tls', facts }),
        closed: (error) => this.#closed(error),
        tlsFailed: (error) => this.#end('tls_failed', error),
      },
    );
  }

  #tls() {
    const { host, verifyCertificate } = this.#options.destination;
    return { host, verify: verifyCertificate, applicationProtocol: null };
  }

  #closed(error: string): void {
    if (this.#verdict !== null) this.#end(this.#verdict.outcome, this.#verdict.verdict);
    else
      this.#end('unanswered', `Connection closed${error === '' ? '' : `: ${error}`} (state=${this.#state})`);
  }

  #received(data: ByteString): void {
    this.#log.received(data);
    this.#input += data;
    for (let end = this.#input.indexOf('\n'); end !== -1 && !this.#over; end = this.#input.indexOf('\n')) {
      const line = this.#input.slice(0, end).replace(/\r$/, '');
      this.#input = this.#input.slice(end + 1);
      this.#line(line);
    }
  }

  #line(line: ByteString): void {
    const [, code = '', separator, text = ''] = /^(\d{3})([ -]?)(.*)$/.exec(line) ?? [];
    if (this.#state === 'leaving') return;
    if (code === '') {
      this.#end('wrong_answer', `not a reply of LMTP: ${line}`);
      return;
    }
    if (this.#state === 'lhlo') this.#capabilities.push(text.toUpperCase());
    if (separator === '-') return;
    if (code.startsWith('2')) this.#accepted();
    else if (code.startsWith('4')) this.#leave('temporary', line);
    else this.#leave(this.#state === 'rcpt' ? 'refused' : 'wrong_answer', line);
  }

  #accepted(): void {
    const { destination, hostname, withoutRecipient } = this.#options;
    switch (this.#state) {
      case 'banner':
        this.#ask('lhlo', `LHLO ${hostname}`);
        break;
      case 'lhlo':
        if (destination.tls === 'starttls' && !this.#secured) this.#startTls();
        else if (withoutRecipient) this.#leave('ready', 'no recipient was named');
        else this.#ask('mail', 'MAIL FROM:<>');
        break;
      case 'starttls':
        this.#secured = true;
        this.#log.hold();
        this.#connection?.startTls(this.#tls());
        this.#ask('lhlo', `LHLO ${hostname}`);
        break;
      case 'mail':
        // Such a name would end the command, or be another one.
        if (/[\0-\x1f\x7f<>]/.test(destination.user))
          this.#leave('refused', 'the user has characters that no recipient may have');
        else this.#ask('rcpt', `RCPT TO:<${destination.user}>`);
        break;
      case 'rcpt':
        this.#leave('logged_in', 'it takes mail for this user');
        break;
      case 'leaving':
        break;
    }
  }

  #startTls(): void {
    if (this.#capabilities.includes('STARTTLS')) this.#ask('starttls', 'STARTTLS');
    else this.#leave('wrong_answer', 'STARTTLS not supported');
  }

  #ask(state: State, command: ByteString): void {
    this.#state = state;
    this.#capabilities = [];
    this.#log.sent(command);
    this.#connection?.write(`${command}\r\n`);
  }

  #leave(outcome: Trial['outcome'], verdict: string): void {
    this.#verdict = { outcome, verdict };
    this.#ask('leaving', 'QUIT');
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#end(outcome, verdict), GOODBYE_MS);
  }

  #end(outcome: Trial['outcome'], verdict: string): void {
    if (this.#over) return;
    this.#over = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#connection?.finish();
    this.#log.flush();
    this.#finish({ outcome, verdict, events: this.#log.events });
  }
}
