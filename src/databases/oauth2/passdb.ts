import type { LookupContext, LookupOutcome, PassdbDriver } from '../../auth/driver.js';
import type { VerifyToken } from '../../auth/sasl/exchange.js';
import type { Config } from '../../config/config.js';
import type { PassdbBlock } from '../../config/effective.js';
import { seriesOf } from '../../knowledge/versions.js';
import { type Oauth2Settings, oauth2Settings23, oauth2Settings24 } from './settings.js';
import { type Oauth2Options, Refused, TokenLookup } from './token-lookup.js';

/** Opens an oauth2 passdb. Throws an Error with Dovecot's `auth: Fatal: ` text. */
export async function openOauth2(
  block: PassdbBlock,
  config: Config,
  options: Oauth2Options,
): Promise<PassdbDriver> {
  const is23 = seriesOf(config.version) === '2.3';
  const settings = is23 ? oauth2Settings23(block, config) : passdbSettings24(block, config);
  return {
    name: 'oauth2',
    canLookupCredentials: false,
    // 2.4 has the name of 2.3 there, which no template of its own knows: nothing is cached.
    cacheKeyTemplates: is23 ? [settings.useGrantPassword ? '%u' : '%u%w'] : [],
    lookup: (context) => lookUp(settings, options, context),
    close: async () => {},
  };
}

function passdbSettings24(block: PassdbBlock, config: Config): Oauth2Settings {
  try {
    return oauth2Settings24(config, true);
  } catch (error) {
    throw new Error(`passdb ${block.name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The check of tokens of the mechanisms of 2.4. Throws an Error with Dovecot's `auth: Fatal: ` text. */
export function openTokenCheck(config: Config, options: Oauth2Options): VerifyToken {
  const settings = oauth2Settings24(config, false);
  return async (token, context) => {
    const lookup = new TokenLookup(settings, options, context, token);
    try {
      const fields = await lookup.run();
      return { kind: 'valid', fields: fields.map(([name, value]) => [name, value ?? '']) };
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      const { message } = error;
      return error.result === 'internal'
        ? { kind: 'failed', message }
        : { kind: 'refused', message, result: RESULTS[error.result] };
    }
  };
}

const RESULTS = {
  mismatch: 'password_mismatch',
  unknown: 'user_unknown',
  disabled: 'user_disabled',
} as const;

async function lookUp(
  settings: Oauth2Settings,
  options: Oauth2Options,
  context: LookupContext,
): Promise<LookupOutcome> {
  const { password } = context.request;
  const lookup = new TokenLookup(settings, options, context, password ?? '');
  // Nobody knows the token: the chain takes it as right and says so.
  if (password === null) return { kind: 'found', fields: [], defaultScheme: 'PLAIN', compares: '{PLAIN}' };
  try {
    const fields = await lookup.run();
    const { log, queries, token } = lookup;
    return {
      kind: 'found',
      fields: [...fields, ['token', token]],
      defaultScheme: 'PLAIN',
      verified: 'ok',
      log,
      queries,
    };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const level = error.result === 'internal' ? 'error' : 'info';
    const log = [...lookup.log, { level, text: `oauth2 failed: ${error.message}` } as const];
    const kept = { log, queries: lookup.queries };
    switch (error.result) {
      case 'internal': {
        const { unreachable } = error;
        return { kind: 'internal', ...kept, ...(unreachable === undefined ? {} : { unreachable }) };
      }
      case 'mismatch':
        return { kind: 'found', fields: [], defaultScheme: 'PLAIN', verified: 'mismatch', ...kept };
      case 'unknown':
        return { kind: 'unknown', silent: true, ...kept };
      case 'disabled':
        return { kind: 'disabled', ...kept };
    }
  }
}
