import type { PolicyServer } from '../auth/policy.js';
import { policySettings } from '../auth/policy-settings.js';
import type { Config } from '../config/config.js';
import type { LoginSettings } from '../config/effective.js';
import { createDatabases } from '../databases/open.js';
import { userdbOpener } from '../databases/open-userdb.js';
import { replayedUserdbs } from '../databases/recording/replayed-databases.js';
import { systemIds } from '../databases/system-ids.js';
import type { ServedProtocol } from '../proxy/login-protocols.js';
import type { SystemVariables } from '../variables/scope.js';
import { isPenaltyOff } from './auth-penalty.js';
import { Authenticator, type Resolve, resolveByDns } from './authenticator.js';
import { type ConnectionLimit, connectionLimit } from './connection-limits.js';
import type { LmtpServices } from './lmtp-driver.js';
import type { ServeLog } from './log.js';
import type { Counters } from './operation/counters.js';
import type { SharedState } from './operation/shared-state.js';
import { notifyPath, ProxyNotify } from './proxy-notify.js';
import { RecipientLookup } from './recipient-lookup.js';
import type { SessionServices } from './session-driver.js';
import { SessionSettings } from './session-settings.js';
import { type ReadFile, readRealFile } from './tls-context.js';

export interface GenerationOptions {
  readonly config: Config;
  readonly fixtures: readonly string[];
  readonly log: ServeLog;
  readonly system: SystemVariables;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Where a path is really read from (`--map`). */
  readonly mapPath?: (path: string) => string;
  readonly resolve?: Resolve;
}

/** What the sessions of one protocol work with. */
interface ProtocolServices {
  readonly settings: SessionSettings;
  readonly authenticator: Authenticator;
  readonly recipients: RecipientLookup;
  readonly notify: ProxyNotify;
}

/** One loaded configuration with its databases. A reload makes another; sessions stay with theirs. */
export interface Generation {
  readonly services: SessionServices;
  readonly lmtp: LmtpServices;
  login(protocol: ServedProtocol): LoginSettings;
  limit(protocol: ServedProtocol): ConnectionLimit;
  sessions: number;
  retired: boolean;
  close(): Promise<void>;
}

/** Loaded where one is set. */
async function policyServerOf(config: Config): Promise<PolicyServer | null> {
  const settings = policySettings(config.effective);
  if (settings === null) return null;
  const { HttpPolicyServer } = await import('../databases/policy-server.js');
  return new HttpPolicyServer(settings, true);
}

/** The auth settings may differ between protocols: each has a chain of its own. Throws what keeps it from being served. */
export async function openGeneration(
  options: GenerationOptions,
  protocols: ReadonlySet<ServedProtocol>,
  counters: Counters,
  shared: SharedState,
): Promise<Generation> {
  const { config, fixtures, log, system, environment } = options;
  const mapPath = options.mapPath ?? ((path: string) => path);
  const readFile: ReadFile = (path) => readRealFile(mapPath(path));
  const prepared = [...protocols].map((protocol) => {
    const auth = config.effective.auth({ protocol });
    const settings = new SessionSettings(config.effective, protocol, auth, system, readFile);
    settings.check();
    return { protocol, auth, settings };
  });
  const databases = createDatabases({ config, fixtures, mapPath });
  const userdbs = userdbOpener({ config, databases, systemId: systemIds(true), mapPath });
  const openUserdb = replayedUserdbs(databases, userdbs);
  const served = new Map<string, ProtocolServices>();
  const limits = new Map(
    [...protocols].map((protocol) => [protocol, connectionLimit(config.effective, protocol)] as const),
  );
  const closeAll = async () => {
    for (const { authenticator, recipients, notify } of served.values()) {
      notify.close();
      await recipients.close();
      await authenticator.close();
    }
    await databases.close();
  };
  let closed: Promise<void> | null = null;
  const close = () => {
    closed ??= closeAll();
    return closed;
  };
  try {
    for (const { protocol, auth, settings } of prepared) {
      const resolve = options.resolve ?? resolveByDns;
      const authenticator = await Authenticator.open({
        settings: auth,
        databases,
        system,
        resolve,
        log,
        environment,
        penalties: isPenaltyOff(config.effective) ? null : shared.penalties,
        policy: await policyServerOf(config),
        openidConfigurationUrl:
          config.effective.setting('oauth2_openid_configuration_url', { protocol })?.text ?? '',
      });
      served.set(protocol, {
        settings,
        authenticator,
        recipients: new RecipientLookup(authenticator, openUserdb),
        notify: new ProxyNotify(notifyPath(config.effective, protocol)),
      });
    }
  } catch (error) {
    await close();
    throw error;
  }
  const of = (protocol: string): ProtocolServices => {
    const services = served.get(protocol);
    if (services === undefined) throw new Error(`protocol ${protocol} is not served`);
    return services;
  };
  return {
    services: {
      log,
      counters,
      shared,
      environment: (protocol, addresses) => of(protocol).settings.environment(addresses),
      tls: (protocol, addresses) => of(protocol).settings.tls(addresses),
      notify: (protocol, user) => of(protocol).notify.tell(user),
      dialogue: (request) => of(request.protocol).authenticator.dialogue(request),
      authenticate: (request, signal) => of(request.protocol).authenticator.authenticate(request, signal),
    },
    lmtp: {
      log,
      counters,
      shared,
      environment: (addresses) => of('lmtp').settings.lmtpEnvironment(addresses),
      tls: (addresses) => of('lmtp').settings.tls(addresses),
      lookUp: (request, signal) => of('lmtp').recipients.lookUp(request, signal),
    },
    login: (protocol) => config.effective.login({ protocol }),
    limit: (protocol) => limits.get(protocol) ?? connectionLimit(config.effective, protocol),
    sessions: 0,
    retired: false,
    close,
  };
}
