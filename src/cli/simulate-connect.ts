import { type ByteString, fromUtf8 } from '../../grammar/bytes.js';
import type { Config } from '../config/config.js';
import { seriesOf } from '../knowledge/versions.js';
import type { Destination } from '../proxy/destination.js';
import type { SessionEnvironment } from '../proxy/login-client.js';
import { LoginLogFormat } from '../proxy/login-log.js';
import type { LoginProtocol } from '../proxy/login-protocols.js';
import { BackendSocket } from '../serve/backend-socket.js';
import type { TlsPeer } from '../serve/connection.js';
import { SessionSettings } from '../serve/session-settings.js';
import {
  type BackendTlsContext,
  clientContext,
  type ReadFile,
  readRealFile,
  TlsSetupError,
} from '../serve/tls-context.js';
import { clientReply } from '../simulate/client-reply.js';
import { LmtpTrial } from '../simulate/lmtp-trial.js';
import { LoginTrial } from '../simulate/login-trial.js';
import type { Simulation } from '../simulate/simulation.js';
import type { TlsFacts, Trial, TrialDial } from '../simulate/trial.js';
import { nodeSystem } from './node-system.js';

export interface ConnectOptions {
  readonly mapPath: (path: string) => string;
  /** False: stop before the credentials. */
  readonly login: boolean;
  readonly showSecrets: boolean;
}

/** Tries the destination of a simulation for real; null where it has none. */
export async function tryDestination(
  config: Config,
  simulation: Simulation,
  options: ConnectOptions,
): Promise<Trial | null> {
  const { decision } = simulation;
  if (decision?.kind !== 'proxy') return null;
  const { destination } = decision;
  // An address as TLS server name is what Dovecot sends; Node warns of it once.
  process.noDeprecation = true;
  try {
    return destination.protocol === 'lmtp'
      ? await tryLmtp(config, simulation, destination, options)
      : await tryLogin(config, simulation, destination, destination.protocol, options);
  } catch (error) {
    if (error instanceof TlsSetupError) return { outcome: 'tls_failed', verdict: error.message, events: [] };
    throw error;
  }
}

function tryLogin(
  config: Config,
  simulation: Simulation,
  destination: Destination,
  protocol: LoginProtocol,
  { mapPath, login, showSecrets }: ConnectOptions,
): Promise<Trial> {
  const { question, answer } = simulation;
  const { settings, ...session } = sessionOf(config, simulation, protocol, mapPath);
  return new LoginTrial({
    ...session,
    question,
    answer,
    destination,
    dial: dialWith(() => settings.tls(session.addresses).backendContext()),
    withoutLogin: !login || destination.password === null,
    showSecrets,
  }).run();
}

/** What the client is told where its login ends before any backend; null: it does not. */
export function replyToClient(
  config: Config,
  simulation: Simulation,
  mapPath: (path: string) => string,
): readonly ByteString[] | null {
  const { question, answer, decision } = simulation;
  if (answer.crash !== null || decision?.kind === 'proxy' || decision?.kind === 'local') return null;
  const protocol = LOGIN_PROTOCOLS.find((name) => name === question.service);
  if (protocol === undefined) return null;
  return clientReply(sessionOf(config, simulation, protocol, mapPath), answer);
}

const LOGIN_PROTOCOLS: readonly LoginProtocol[] = ['imap', 'pop3', 'submission', 'sieve'];

function sessionOf(
  config: Config,
  { question }: Simulation,
  protocol: LoginProtocol,
  mapPath: (path: string) => string,
) {
  const filter = filterOf(question.service, question.localIp, question.remoteIp, question.localName);
  const read: ReadFile = (path) => readRealFile(mapPath(path));
  const auth = config.effective.auth(filter);
  const settings = new SessionSettings(config.effective, protocol, auth, nodeSystem(), read);
  const { localIp, localPort, remoteIp, remotePort } = question;
  const addresses = {
    localIp,
    localPort,
    remoteIp,
    remotePort,
    realLocalIp: question.realLocalIp || localIp,
    realLocalPort: question.realLocalPort || localPort,
    realRemoteIp: question.realRemoteIp || remoteIp,
    realRemotePort: question.realRemotePort || remotePort,
  };
  const environment = oneTry(settings.environment(addresses), fromUtf8(question.localName));
  return { protocol, addresses, environment, settings };
}

/** A trial tries once, takes the client's credentials as they are, and logs no more than the message. */
function oneTry(environment: SessionEnvironment, localName: string): SessionEnvironment {
  return {
    ...environment,
    settingsFor: (name) => {
      const settings = environment.settingsFor(name || localName);
      const series = seriesOf(settings.login.version);
      const message = series === '2.3' ? '%$' : '%{message}';
      return {
        ...settings,
        login: { ...settings.login, proxyMaxReconnects: 0, authVerbose: true },
        mechanisms: ['PLAIN'],
        logFormat: new LoginLogFormat(series, message, '', (template) => template),
      };
    },
  };
}

function tryLmtp(
  config: Config,
  { question }: Simulation,
  destination: Destination,
  { mapPath, login }: ConnectOptions,
): Promise<Trial> {
  const filter = filterOf('lmtp', question.localIp, question.remoteIp, question.localName);
  const settings = config.effective.login(filter);
  const { tlsClient } = settings;
  const context = clientContext(tlsClient, (path) => readRealFile(mapPath(path)), true);
  const system = nodeSystem();
  if (destination.ip === null)
    return Promise.resolve({ outcome: 'unanswered', verdict: 'the host has no address', events: [] });
  return new LmtpTrial({
    destination,
    ip: destination.ip,
    hostname: settings.hostname === '' ? system.hostname : settings.hostname,
    dial: dialWith(() => context),
    withoutRecipient: !login,
  }).run();
}

function filterOf(protocol: string, localIp: string, remoteIp: string, localName: string) {
  return {
    protocol: fromUtf8(protocol),
    ...(localIp === '' ? {} : { localIp }),
    ...(remoteIp === '' ? {} : { remoteIp }),
    ...(localName === '' ? {} : { localName: fromUtf8(localName) }),
  };
}

/** Real connections, as the proxy makes them. */
function dialWith(context: () => BackendTlsContext): TrialDial {
  return (target, events) => {
    let checked = target.tls?.verify ?? false;
    const socket = new BackendSocket(target, context, {
      connected: () => events.connected(),
      refused: (error, local) => events.refused(error, local),
      data: (chunk) => {
        events.data(chunk.toString('latin1'));
        return true;
      },
      drained: () => undefined,
      closed: (error) => events.closed(error),
      tlsFailed: (error) => events.tlsFailed(error),
      secured: (peer, problem) => events.secured(tlsFacts(peer, problem, checked && context().verify)),
    });
    return {
      write: (data) => {
        socket.write(Buffer.from(data, 'latin1'));
      },
      startTls: (tls) => {
        checked = tls.verify;
        socket.startTls(tls);
      },
      finish: () => socket.finish(),
      get local() {
        return socket.local;
      },
    };
  };
}

function tlsFacts(
  { certificate, protocol, cipher }: TlsPeer,
  problem: string | null,
  checked: boolean,
): TlsFacts {
  const { subject, issuer, subjectaltname = '', valid_to: validTo = '' } = certificate ?? {};
  return {
    protocol,
    cipher: cipher.standardName,
    subject: nameText(subject),
    issuer: nameText(issuer),
    names: subjectaltname === '' ? [] : subjectaltname.split(', '),
    validTo,
    problem,
    checked,
  };
}

function nameText(name: object | undefined): string {
  return Object.entries(name ?? {})
    .map(([key, value]) => `/${key}=${Array.isArray(value) ? value.join(',') : value}`)
    .join('');
}
