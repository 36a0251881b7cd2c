import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { compactVerify, errors } from 'jose';
import { type ByteString, fromUtf8, toUtf8 } from '../../../grammar/bytes.js';
import type { Series } from '../../knowledge/versions.js';
import { fieldsOf, type Oauth2Fields } from './server.js';
import type { KeyDict } from './settings.js';

/** A token that local validation refuses; the message is Dovecot's. */
export class InvalidToken extends Error {}

export interface JwtRules {
  readonly series: Series;
  /** 2.4: the audience that a token must name; '' = any. */
  readonly clientId: ByteString;
  /** 2.4: scopes of which a token must have all, separated by blanks. */
  readonly scope: ByteString;
  readonly keys: KeyDict;
  readonly issuers: readonly ByteString[];
  /** Seconds since 1970. */
  readonly now: number;
  readonly mapPath: (path: string) => string;
}

/** Fields of a valid JWT. Rejects with InvalidToken. Dovecot 2.3.19.1 oauth2-jwt.c: oauth2_try_parse_jwt */
export async function validateJwt(token: ByteString, rules: JwtRules): Promise<Oauth2Fields> {
  const parts = token.split('.');
  const [head = '', body = ''] = parts;
  if (parts.length !== 3) throw new InvalidToken('Not a JWT token');
  const header = objectOf(head, 'Not a JWT token');
  if (rules.series === '2.3' && text(header['typ']) !== 'JWT')
    throw new InvalidToken("Cannot find 'typ' field");
  const algorithm = text(header['alg'])?.toUpperCase() ?? null;
  if (algorithm === null) throw new InvalidToken("Cannot find 'alg' field");
  const keyId = text(header['kid']) ?? 'default';
  if (keyId === '') throw new InvalidToken("'kid' field is empty");
  const claims = objectOf(body, 'Invalid JSON');
  checkClaims(claims, rules);
  if (rules.series === '2.4') checkAudience(claims, rules);
  const party = text(claims['azp']);
  await checkSignature(
    token,
    algorithm,
    party === null ? 'default' : identifier(party),
    identifier(keyId),
    rules,
  );
  // Members of nested objects are not seen. observed 2.3.19.1
  return rules.series === '2.3' ? fieldsOf(JSON.stringify(claims)) : flattened(claims);
}

type Claims = Readonly<Record<string, unknown>>;

function objectOf(part: string, otherwise: string): Claims {
  const json = Buffer.from(part, 'base64url').toString('utf8');
  if (json === '') throw new InvalidToken(otherwise);
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value === 'object' && value !== null) return value as Claims;
  } catch {
    // Said below.
  }
  throw new InvalidToken(otherwise);
}

function text(value: unknown): string | null {
  return value === undefined || value === null || typeof value === 'object' ? null : String(value);
}

/** null: not there. Dovecot 2.3.19.1 oauth2-jwt.c: get_time_field */
function time(claims: Claims, name: string): number | null {
  const value = text(claims[name]);
  if (value === null) return null;
  const seconds = /^-?\d+$/.test(value) ? Number(value) : Math.floor(Date.parse(value) / 1000);
  if (!(seconds >= 0)) throw new InvalidToken(`Malformed '${name}' field`);
  return seconds;
}

function checkClaims(claims: Claims, { now, issuers }: JwtRules): void {
  const refuse = (reason: string): never => {
    throw new InvalidToken(reason);
  };
  if (text(claims['sub']) === null) refuse("Missing 'sub' field");
  const expires = time(claims, 'exp') ?? refuse("Missing 'exp' field");
  const notBefore = time(claims, 'nbf') || now;
  const issuedAt = time(claims, 'iat') || now;
  if (notBefore > now) refuse('Token is not valid yet');
  if (issuedAt > now) refuse('Token is issued in future');
  if (expires < now) refuse('Token has expired');
  if (expires < issuedAt || expires < notBefore) refuse('Token time values are conflicting');
  if (issuers.length > 0) {
    const issuer = text(claims['iss']) ?? refuse("Token is missing 'iss' field");
    if (!issuers.includes(fromUtf8(issuer))) refuse(`Issuer '${issuer}' is not allowed`);
  }
}

/** Dovecot 2.4.1 oauth2-jwt.c: oauth2_jwt_body_process */
function checkAudience(claims: Claims, { clientId, scope }: JwtRules): void {
  const { aud } = claims;
  const audience = Array.isArray(aud) ? aud.map(text) : [text(aud)].filter((each) => each !== null);
  if (clientId !== '') {
    if (audience.length === 0) throw new InvalidToken('client_id set but aud is missing');
    if (!audience.includes(toUtf8(clientId))) throw new InvalidToken('client_id not found in aud field');
  }
  if (scope === '') return;
  const given = text(claims['scope']);
  if (given === null) throw new InvalidToken('scope set but not found in token');
  const words = (list: string): string[] =>
    list
      .toLowerCase()
      .split(/[ ,]+/)
      .filter((word) => word !== '');
  const scopes = words(given);
  if (!words(toUtf8(scope)).every((each) => scopes.includes(each)))
    throw new InvalidToken(
      fromUtf8(`configured scope '${toUtf8(scope)}' missing from token scope '${given}'`),
    );
}

/** Members of members as `outer_inner`, lists separated by tabs. Dovecot 2.4.1 oauth2-jwt.c: oauth2_jwt_copy_fields */
function flattened(claims: Claims): Oauth2Fields {
  const fields = new Map<ByteString, ByteString>();
  const levels: (readonly [prefix: string, value: object])[] = [['', claims]];
  for (let level = levels.shift(); level !== undefined; level = levels.shift()) {
    const [prefix, value] = level;
    const isList = Array.isArray(value);
    for (const [key, member] of Object.entries(value)) {
      if (typeof member === 'object' && member !== null)
        levels.push([isList ? prefix : `${prefix}${key}_`, member]);
      else {
        const name = fromUtf8(isList ? prefix.replace(/_$/, '') : `${prefix}${key}`);
        const before = fields.get(name);
        const shown = fromUtf8(String(member));
        fields.set(name, before === undefined ? shown : `${before}\t${shown}`);
      }
    }
  }
  return fields;
}

/** `/` and `%` would leave the folder of keys. */
function identifier(value: string): string {
  return value.replaceAll('%', '%25').replaceAll('/', '%2f');
}

async function checkSignature(
  token: ByteString,
  algorithm: string,
  party: string,
  keyId: string,
  rules: JwtRules,
): Promise<void> {
  const isHmac = algorithm.startsWith('HS');
  if (!/^(HS|RS|PS|ES)(256|384|512)$/.test(algorithm))
    throw new InvalidToken(`${isHmac ? 'unsupported' : 'Unsupported'} algorithm '${algorithm}'`);
  const stored = readKey(rules, `${party}/${algorithm}/${keyId}`);
  if (stored === null) throw new InvalidToken(`${algorithm} key '${keyId}' not found`);
  let key: KeyObject;
  if (isHmac) {
    const secret = Buffer.from(stored, 'base64');
    if (secret.length === 0) throw new InvalidToken('Invalid base64 encoded key');
    key = createSecretKey(secret);
  } else {
    try {
      key = createPublicKey(stored);
    } catch (error) {
      throw new InvalidToken(`Cannot load key: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  try {
    await compactVerify(toUtf8(token), key, { algorithms: [algorithm] });
  } catch (error) {
    if (error instanceof errors.JWSSignatureVerificationFailed)
      throw new InvalidToken(isHmac ? 'Incorrect JWT signature' : 'Bad signature');
    throw new InvalidToken(error instanceof Error ? error.message : String(error));
  }
}

/** null: there is no such key. */
function readKey({ keys, mapPath }: JwtRules, name: string): string | null {
  try {
    if (keys.kind === 'folder') return readFileSync(mapPath(toUtf8(keys.prefix) + name), 'utf8').trimEnd();
    const lines = readFileSync(mapPath(toUtf8(keys.path)), 'utf8').split('\n');
    for (let at = 0; at + 1 < lines.length; at += 2)
      if (lines[at] === `shared/${name}`)
        return (lines[at + 1] ?? '').replace(/\x01n/g, '\n').replace(/\x01t/g, '\t');
    return null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new InvalidToken(error instanceof Error ? error.message : String(error));
  }
}
