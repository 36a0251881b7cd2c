import type { ByteString } from '../../grammar/bytes.js';
import type { AuthAnswer } from '../auth/answer.js';
import { authenticate } from '../auth/authenticate.js';
import type { Chain } from '../auth/chain.js';
import { neverAborted } from '../auth/never-aborted.js';
import type { AuthRequest } from '../auth/request.js';
import { SaslExchange, type VerifyToken } from '../auth/sasl/exchange.js';
import { createMechanism } from '../auth/sasl/mechanisms.js';
import { seriesOf } from '../knowledge/versions.js';
import { saslClient } from './sasl-client.js';

export interface SaslSetup {
  readonly chain: Chain;
  /** The oauth2 database of 2.4; null: there is none. */
  readonly verifyToken: () => Promise<VerifyToken | null>;
  /** 2.4 oauth2_openid_configuration_url; '' = none. */
  readonly openidConfigurationUrl: ByteString;
}

export interface SaslAnswer {
  readonly answer: AuthAnswer;
  /** What the client is told of its failure before it fails. */
  readonly told: ByteString | null;
}

/**
 * The answer to a login by a mechanism other than PLAIN and LOGIN: the exchange that `serve` has, with a client that
 * knows its password. Without a password it is taken as right, and so is a token.
 */
export async function answerBySasl(
  request: AuthRequest,
  { chain, verifyToken, openidConfigurationUrl }: SaslSetup,
  signal: AbortSignal = neverAborted(),
): Promise<SaslAnswer> {
  const { settings, system } = chain;
  const series = seriesOf(settings.version);
  const { user, authorizationId, mechanism: name } = request;
  const takesToken = name === 'XOAUTH2' || name === 'OAUTHBEARER';
  const walked = async (asked: AuthRequest): Promise<SaslAnswer> => ({
    answer: await authenticate(asked, chain, signal),
    told: null,
  });
  if (request.password === null && takesToken && series === '2.4') {
    const { answer } = await walked({ ...request, mode: 'credentials', wantedScheme: '', verifiedToken: '' });
    return { answer: { ...answer, passwordAssumed: true }, told: null };
  }
  const needsNone = name === 'EXTERNAL' || name === 'ANONYMOUS';
  if (request.password === null && !needsNone) return walked(request);
  const { randomBytes } = system;
  const client = saslClient(name, { user, password: request.password ?? '', authorizationId, randomBytes });
  const mechanism = createMechanism(name, {
    series,
    realms: settings.realms,
    system,
    isOwnChallenge: () => true,
    ...(openidConfigurationUrl === '' ? {} : { openidConfigurationUrl }),
  });
  // These two have no place for another name.
  const cannotSay = authorizationId !== '' && (name === 'CRAM-MD5' || name === 'APOP');
  if (client === null || mechanism === null || cannotSay) return walked(request);
  const verify = takesToken ? await verifyToken() : null;
  const exchange = new SaslExchange({
    chain,
    mechanism,
    request: {
      ...request,
      mode: 'verify',
      user: '',
      authorizationId: '',
      password: null,
      // doveadm has no certificate to show.
      ...(name === 'EXTERNAL' && request.login
        ? { certificateUser: user, validClientCertificate: true }
        : {}),
    },
    ...(verify === null ? {} : { verifyToken: verify }),
  });
  let told: ByteString | null = null;
  let reply = await exchange.start(client.initial, signal);
  while (reply.kind === 'challenge') {
    told = reply.data;
    reply = await exchange.next(await client.answer(reply.data), signal);
  }
  return { answer: reply.answer, told: reply.answer.result === 'ok' ? null : told };
}
