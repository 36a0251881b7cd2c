import type { ByteString } from '../../../grammar/bytes.js';
import type { LogEntry, LookupContext, Query, RowField } from '../../auth/driver.js';
import type { Provider } from '../../variables/scope.js';
import { InvalidToken, validateJwt } from './jwt.js';
import { askServer, type Reply } from './server.js';
import type { Oauth2Settings } from './settings.js';

export interface Oauth2Options {
  readonly now: () => number;
  readonly mapPath: (path: string) => string;
}

/** A look-up that ends without success. */
export class Refused extends Error {
  readonly result: 'internal' | 'mismatch' | 'unknown' | 'disabled';
  readonly unreachable: Reply['unreachable'];

  constructor(result: Refused['result'], message: ByteString, unreachable?: Reply['unreachable']) {
    super(message);
    this.result = result;
    this.unreachable = unreachable;
  }
}

/** One token, or one password that is exchanged for a token. Dovecot 2.3.19.1 db-oauth2.c */
export class TokenLookup {
  readonly #settings: Oauth2Settings;
  readonly #options: Oauth2Options;
  readonly #context: LookupContext;
  readonly #fields = new Map<ByteString, ByteString>();
  readonly #log: LogEntry[] = [];
  readonly #queries: Query[] = [];
  #token: ByteString;

  constructor(settings: Oauth2Settings, options: Oauth2Options, context: LookupContext, token: ByteString) {
    this.#settings = settings;
    this.#options = options;
    this.#context = context;
    this.#token = token;
  }

  get log(): readonly LogEntry[] {
    return this.#log;
  }

  get queries(): readonly Query[] {
    return this.#queries;
  }

  /** The token that was given, or that a password was exchanged for. */
  get token(): ByteString {
    return this.#token;
  }

  /** Fields of a valid token. Rejects with Refused. */
  run(): Promise<RowField[]> {
    if (this.#token === '' || /[\r\n]/.test(this.#token)) throw new Refused('mismatch', 'Invalid token');
    return this.#ask();
  }

  /** Dovecot 2.3.19.1 db-oauth2.c: db_oauth2_lookup */
  #ask(): Promise<RowField[]> {
    const { mode, useGrantPassword, tokeninfoUrl } = this.#settings;
    if (mode === 'local' && !useGrantPassword) return this.#validateLocally();
    if (useGrantPassword) return this.#exchangePassword();
    return tokeninfoUrl === '' ? this.#introspect() : this.#askTokeninfo();
  }

  async #exchangePassword(): Promise<RowField[]> {
    const { grantUrl, clientId, clientSecret, scope } = this.#settings;
    const prefix = 'Password grant failed: ';
    const body =
      `grant_type=password&username=${escaped(this.#context.user)}&password=${escaped(this.#token)}` +
      `&client_id=${escaped(clientId)}&client_secret=${escaped(clientSecret)}` +
      (scope === '' ? '' : `&scope=${escaped(scope)}`);
    const reply = await this.#send('password grant', grantUrl, body, false);
    if (!reply.valid) {
      const error =
        reply.error ?? reply.fields.get('error') ?? 'OAuth2 server returned failure without error field';
      const result = reply.error === null && error === 'invalid_grant' ? 'mismatch' : 'internal';
      throw new Refused(result, prefix + error, reply.unreachable);
    }
    const token = reply.fields.get('access_token');
    if (token === undefined) throw new Refused('internal', `${prefix}OAuth2 token missing from reply`);
    this.#token = token;
    return this.#continueValid(reply, prefix);
  }

  async #askTokeninfo(): Promise<RowField[]> {
    const prefix = 'Token validation failed: ';
    const url = this.#settings.tokeninfoUrl + escaped(this.#token);
    const reply = await this.#send('token validation', url, null, true);
    if (reply.error !== null) throw new Refused('internal', prefix + reply.error, reply.unreachable);
    if (!reply.valid) throw new Refused('mismatch', `${prefix}Invalid token`);
    return this.#continueValid(reply, prefix);
  }

  /** Dovecot 2.3.19.1 db-oauth2.c: db_oauth2_lookup_continue_valid */
  async #continueValid(reply: Reply, prefix: ByteString): Promise<RowField[]> {
    this.#merge(reply.fields);
    const { forceIntrospection, mode, introspectionUrl } = this.#settings;
    if (forceIntrospection || !this.#hasAllFields()) {
      if (mode === 'local') return this.#validateLocally();
      this.#prefixed('Token is not valid: ', () => this.#checkActive());
      if (introspectionUrl !== '') return this.#introspect();
    }
    return this.#process(prefix);
  }

  async #introspect(): Promise<RowField[]> {
    const { series, introspectionUrl, clientId, clientSecret, mode } = this.#settings;
    const prefix = 'Introspection failed: ';
    const both = `&client_id=${escaped(clientId)}&client_secret=${escaped(clientSecret)}`;
    // 2.4 leaves out what is not set, and all of it where it posts. Dovecot oauth2-request.c: oauth2_introspection_start
    const client = series === '2.3' || (clientId !== '' && mode === 'get') ? both : '';
    const token = escaped(this.#token);
    const url = mode === 'get' ? introspectionUrl + token + client : introspectionUrl;
    const body = mode === 'post' ? `token=${token}${client}` : null;
    const reply = await this.#send('introspection', url, body, true);
    if (reply.error !== null) throw new Refused('internal', prefix + reply.error, reply.unreachable);
    this.#merge(reply.fields);
    return this.#process(prefix);
  }

  async #validateLocally(): Promise<RowField[]> {
    const prefix = 'Local validation failed: ';
    const { series, keyDict, issuers, clientId, scope } = this.#settings;
    if (keyDict === null) throw new Refused('internal', `${prefix}no keys`);
    try {
      const now = Math.floor(this.#options.now() / 1000);
      const { mapPath } = this.#options;
      const rules = { series, keys: keyDict, issuers, clientId, scope, now, mapPath };
      this.#merge(await validateJwt(this.#token, rules));
    } catch (error) {
      if (error instanceof InvalidToken) throw new Refused('mismatch', prefix + error.message);
      throw error;
    }
    return this.#process(prefix);
  }

  #send(what: string, url: ByteString, body: ByteString | null, withBearer: boolean): Promise<Reply> {
    const shown = url.replace(this.#token === '' ? '\0' : escaped(this.#token), '<token>');
    this.#log.push({ level: 'debug', text: `Making ${what} request to ${shown}` });
    this.#queries.push({ text: `${what} ${shown}`, database: 'oauth2', rows: null });
    const call = { url, body, bearer: withBearer ? this.#token : null };
    return askServer(this.#settings, this.#context.request, call, this.#context.signal);
  }

  #merge(fields: Reply['fields']): void {
    for (const [name, value] of fields) this.#fields.set(name, value);
  }

  /** Dovecot 2.3.19.1 db-oauth2.c: db_oauth2_have_all_fields */
  #hasAllFields(): boolean {
    const { series, fields, usernameAttribute, activeAttribute } = this.#settings;
    // 2.4 looks at the two attributes alone.
    const templates = series === '2.3' ? fields : [];
    const wanted = templates.flatMap(([, template]) =>
      [...(template ?? '').matchAll(/%\{oauth2:([^}:]*)/g)].map(([, name]) => name ?? ''),
    );
    return [...wanted, usernameAttribute, ...(activeAttribute === '' ? [] : [activeAttribute])].every(
      (name) => this.#fields.has(name),
    );
  }

  /** Dovecot 2.3.19.1 db-oauth2.c: db_oauth2_process_fields */
  #process(prefix: ByteString): RowField[] {
    return this.#prefixed(prefix, () => {
      this.#checkActive();
      this.#checkUsername();
      this.#checkScope();
      return this.#templateFields();
    });
  }

  #prefixed<T>(prefix: ByteString, action: () => T): T {
    try {
      return action();
    } catch (error) {
      throw error instanceof Refused ? new Refused(error.result, prefix + error.message) : error;
    }
  }

  #checkActive(): void {
    const { series, activeAttribute, activeValue } = this.#settings;
    const active = activeAttribute === '' ? undefined : this.#fields.get(activeAttribute);
    if (series === '2.4' && activeAttribute !== '' && active === undefined)
      throw new Refused('mismatch', 'Missing active_attribute from token');
    if (active !== undefined && activeValue !== '' && active !== activeValue)
      throw new Refused('mismatch', 'Provided token is not valid');
  }

  #checkUsername(): void {
    const { usernameAttribute, usernameFormat } = this.#settings;
    const name = this.#fields.get(usernameAttribute);
    if (name === undefined) throw new Refused('internal', 'No username returned');
    const { series } = this.#settings;
    const wanted = series === '2.3' ? this.#expand(usernameFormat) : this.#context.user;
    const found = this.#expand(usernameFormat, name);
    if (wanted !== found) throw new Refused('unknown', `Username '${wanted}' did not match '${found}'`);
  }

  #expand(template: ByteString, user?: ByteString): ByteString {
    const more = user === undefined ? {} : { user };
    const expansion = this.#context.expand(template, undefined, undefined, more);
    if (expansion.kind === 'ok') return expansion.text;
    if (expansion.partial !== undefined) return expansion.partial;
    throw new Refused('internal', `var_expand(${template}) failed: ${expansion.message}`);
  }

  #checkScope(): void {
    const { scope } = this.#settings;
    if (scope === '') return;
    const { series } = this.#settings;
    const own = this.#fields.get('scope');
    // 2.4 takes several audiences apart at tabs.
    const separator = own === undefined && series === '2.4' ? '\t' : ' ';
    const given = (own ?? this.#fields.get('aud') ?? '').split(separator);
    if (!scope.split(' ').some((each) => each !== '' && given.includes(each)))
      throw new Refused('disabled', `Token is not valid for scope '${scope}'`);
  }

  /** Dovecot 2.3.19.1 db-oauth2.c: db_oauth2_template_export; later templates see the name that was set before. */
  #templateFields(): RowField[] {
    if (this.#settings.series === '2.4') return this.#fields24();
    const field: Provider = (name) => {
      const value = this.#fields.get(name);
      return value === undefined ? { kind: 'missing' } : { kind: 'value', value };
    };
    const providers = new Map([['oauth2', field]]);
    const row: RowField[] = [];
    let user = this.#context.user;
    for (const [name, template] of this.#settings.fields) {
      let value = '';
      if (template !== null) {
        const extra = new Map([['$', this.#fields.get(name) ?? '']]);
        const expansion = this.#context.expand(template, undefined, providers, { user, extra });
        if (expansion.kind === 'error' && expansion.partial === undefined)
          throw new Refused('internal', `var_expand(${template}) failed: ${expansion.message}`);
        value = expansion.kind === 'ok' ? expansion.text : (expansion.partial ?? '');
      }
      row.push([name, value]);
      if (name === 'user' && value !== '') user = value;
    }
    return row;
  }

  /**
   * All values are expanded before any is set. The auth process of 2.4.1 dies of a member that is not there; here it is
   * empty. Dovecot 2.4.1 db-oauth2.c: db_oauth2_add_extra_fields
   */
  #fields24(): RowField[] {
    const field: Provider = (name) => ({ kind: 'value', value: this.#fields.get(name) ?? '' });
    const providers = new Map([['oauth2', field]]);
    return this.#settings.fields.map(([name, template]) => {
      const expansion = this.#context.expand(template ?? '', undefined, providers);
      if (expansion.kind === 'ok') return [name, expansion.text];
      const text = `Failed to expand oauth2_fields/${name} setting variables: ${expansion.message}`;
      throw new Refused('internal', `auth_oauth2_fields settings: Failed to parse configuration: ${text}`);
    });
  }
}

/** Dovecot http-url.c: http_url_escape_param */
function escaped(value: ByteString): ByteString {
  return value.replace(
    /[^A-Za-z0-9\-._~!$'()*,:@/?]/g,
    (byte) => `%${byte.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}
