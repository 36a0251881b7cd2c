import type { ByteString } from '../../../grammar/bytes.js';
import type { LookupContext, LookupOutcome, PassdbDriver, RowField } from '../../auth/driver.js';
import type { Config } from '../../config/config.js';
import type { PassdbBlock } from '../../config/effective.js';
import type { ProviderValue } from '../../variables/scope.js';
import { attributesOf } from '../auth/ldap-attributes.js';
import type { ScenarioAnswer } from './scenario.js';

/** The password of the questions, and what a database has where it is another one. */
export const RIGHT = 'right';
const STORED: Readonly<Record<'found' | 'wrong password', string>> = {
  found: `{PLAIN}${RIGHT}`,
  'wrong password': '{PLAIN}another',
};

/** What the 2.3 block of a passdb says of its database, for the block of either version. */
export interface Script {
  readonly driver: ByteString;
  /** The database checks the password itself. */
  readonly verifies: boolean;
  /** 2.3 `pass_attrs`; '' for other drivers. */
  readonly attributes: ByteString;
}

export function scriptOf(block: PassdbBlock, config: Config): Script {
  const ldap = block.driver === 'ldap' ? config.extFile(block.args.text, 'ldap') : null;
  return {
    driver: block.driver,
    verifies: ['pam', 'imap', 'oauth2'].includes(block.driver) || ldap?.get('auth_bind') === 'yes',
    attributes: ldap?.get('pass_attrs') ?? '',
  };
}

/** A passdb whose database answers as `answer` says at each question. */
export function scriptedPassdb(
  block: PassdbBlock,
  script: Script,
  answer: () => ScenarioAnswer,
  series: '2.3' | '2.4',
): PassdbDriver {
  return {
    name: block.driver,
    canLookupCredentials: !script.verifies,
    lookup: (context) => outcomeOf(script, answer(), context, series),
    close: async () => undefined,
  };
}

function outcomeOf(
  script: Script,
  answer: ScenarioAnswer,
  context: LookupContext,
  series: '2.3' | '2.4',
): LookupOutcome {
  if (answer === 'unknown') return { kind: 'unknown' };
  if (answer === 'database down') return { kind: 'internal' };
  const stored = STORED[answer];
  const entry = script.driver === 'ldap' ? entryOf(script, stored, context, series) : null;
  const password: RowField[] = script.verifies ? [] : [['password', stored]];
  const compares = script.verifies || entry !== null ? {} : { compares: stored };
  return {
    kind: 'found',
    fields: entry === null ? password : entry.fields,
    defaultScheme: 'PLAIN',
    ...(entry === null ? {} : { row: entry.row }),
    ...compares,
    ...(script.verifies ? { verified: answer === 'found' ? ('ok' as const) : ('mismatch' as const) } : {}),
  };
}

/** An entry of a directory: every attribute holds the user's name, that of the password the password. */
function entryOf(
  { attributes, verifies }: Script,
  stored: string,
  context: LookupContext,
  series: '2.3' | '2.4',
) {
  const parsed = attributesOf(attributes);
  const passwordAttribute = parsed.find(({ name }) => name === 'password')?.attribute.toLowerCase();
  const held = (attribute: ByteString): ByteString =>
    attribute.toLowerCase() === passwordAttribute ? stored : context.user;
  const ldap = (attribute: ByteString): ProviderValue => ({ kind: 'value', value: held(attribute) });
  const providers = new Map([['ldap', ldap]]);
  const row = { prefix: 'ldap', columns: new Map<ByteString, ByteString>(), providers };
  if (series === '2.4') return { fields: [], row };
  const fields = parsed.flatMap(({ name, attribute, template }): RowField[] => {
    if (name === '' || /^[!@]/.test(name) || (verifies && name === 'password')) return [];
    const value = attribute === '' ? '' : held(attribute);
    if (template === null) return [[name, value]];
    const expansion = context.expand(template, undefined, providers, { extra: new Map([['$', value]]) });
    return [[name, expansion.kind === 'ok' ? expansion.text : (expansion.partial ?? '')]];
  });
  return { fields, row };
}
