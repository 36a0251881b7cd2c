import type { ByteString } from '../../grammar/bytes.js';

/** One login attempt or look-up as it reaches the auth process. Everything that was not given is ''. */
export interface AuthRequest {
  /** Name as the client sent it (before normalisation); with a SASL authzid the authentication id. */
  readonly user: ByteString;
  /** SASL authorization id where it differs, else ''. */
  readonly authorizationId: ByteString;
  /** null: not known. Then wherever a password is checked it is taken as right, and the answer says so (`assumed`). */
  readonly password: ByteString | null;
  /**
   * `verify`: a login or `doveadm auth test`. `lookup`: credentials look-up as LMTP and `doveadm auth lookup` do.
   * `credentials`: a login whose mechanism wants the stored password (CRAM-MD5, SCRAM, ...).
   */
  readonly mode: 'verify' | 'lookup' | 'credentials';
  /** `credentials`: the scheme that the mechanism wants; '' = any. */
  readonly wantedScheme?: ByteString;
  /** DIGEST-MD5: hashed behind a name that has a domain. */
  readonly digestRealm?: ByteString;
  /** EXTERNAL: the name in the client's certificate; it replaces `user`. */
  readonly certificateUser?: ByteString;
  /** The authorization id was given, be it empty. */
  readonly authorizationGiven?: boolean;
  /** An oauth2 database has accepted this token: passwords are not checked any more (2.4). */
  readonly verifiedToken?: ByteString;
  /** Fields that the oauth2 database gave with it. */
  readonly verifiedFields?: readonly (readonly [ByteString, ByteString])[];
  /** Upper case; '' for a look-up without mechanism. */
  readonly mechanism: ByteString;
  /** `imap`, `pop3`, `lmtp`, `doveadm`, ... */
  readonly protocol: ByteString;
  readonly localIp: string;
  readonly localPort: number;
  readonly remoteIp: string;
  readonly remotePort: number;
  readonly realLocalIp: string;
  readonly realLocalPort: number;
  readonly realRemoteIp: string;
  readonly realRemotePort: number;
  readonly localName: ByteString;
  readonly clientId: ByteString;
  readonly session: ByteString;
  readonly secured: '' | 'secured' | 'TLS';
  readonly validClientCertificate: boolean;
  /** `forward_*` fields that a trusted client handed in: name without the prefix, value. */
  readonly forward: readonly (readonly [ByteString, ByteString])[];
  /** Whether a login process asks (then proxy fields are finished, `pass=` is added), or `doveadm auth test`/`lookup`. */
  readonly login: boolean;
}
