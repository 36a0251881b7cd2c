import { type BerWriter, BindRequest, Client, type ClientOptions, SearchEntry, SearchRequest } from 'ldapts';
import { type ByteString, fromUtf8 } from '../../../grammar/bytes.js';
import { type LdapEntry, LdapResult, type SearchScope } from './directory.js';
import type { ByteFilter } from './filter.js';
import type { LdapTarget } from './target.js';

/** One search; names and values are bytes. */
export interface LdapSearch {
  readonly base: ByteString;
  readonly scope: SearchScope;
  readonly filter: ByteFilter;
  readonly attributes: readonly ByteString[];
  readonly deref: LdapTarget['deref'];
}

/** ldapts' own methods, which its types keep to themselves. */
interface ClientMethods {
  readonly messageParser: {
    removeAllListeners(event: 'message'): void;
    on(event: 'message', listener: (message: unknown) => void): void;
  };
  readonly socket?: { pause(): void; resume(): void };
  _ensureConnected(): Promise<void>;
  _handleSendResponse(message: unknown): void;
  _nextMessageId(): number;
  _send(request: SearchRequest): Promise<{ readonly status: number; readonly errorMessage: string }>;
  _sendBind(request: BindRequest): Promise<void>;
}

interface ReceivedEntry {
  readonly name: string;
  readonly attributes: readonly { readonly type: string; readonly parsedBuffers: readonly Buffer[] }[];
}

const OCTET_STRING = 4;
// RFC 4511 4.5.1.2, 4.5.1.3
const SCOPE = { base: 0, onelevel: 1, subtree: 2 } as const;
const DEREF = { never: 0, searching: 1, finding: 2, always: 3 } as const;

function bytes(text: ByteString): Buffer {
  return Buffer.from(text, 'latin1');
}

/** A simple bind with the bytes that the client gave. */
class ByteBind extends BindRequest {
  readonly #dn: ByteString;
  readonly #password: ByteString;

  constructor(messageId: number, dn: ByteString, password: ByteString) {
    super({ messageId });
    this.#dn = dn;
    this.#password = password;
  }

  override writeMessage(writer: BerWriter): void {
    writer.writeInt(3);
    writer.writeBuffer(bytes(this.#dn), OCTET_STRING);
    writer.writeBuffer(bytes(this.#password), 0x80);
  }
}

/** RFC 4511 4.5.1, without limits of its own. */
class ByteSearch extends SearchRequest {
  readonly #search: LdapSearch;

  constructor(messageId: number, search: LdapSearch) {
    super({ messageId, filter: search.filter });
    this.#search = search;
  }

  override writeMessage(writer: BerWriter): void {
    const { base, scope, filter, attributes, deref } = this.#search;
    writer.writeBuffer(bytes(base), OCTET_STRING);
    writer.writeEnumeration(SCOPE[scope]);
    writer.writeEnumeration(DEREF[deref]);
    writer.writeInt(0);
    writer.writeInt(0);
    writer.writeBoolean(false);
    filter.write(writer);
    writer.startSequence();
    for (const attribute of attributes) writer.writeBuffer(bytes(attribute), OCTET_STRING);
    writer.endSequence();
  }
}

/** A client whose names and values are bytes, and which hands out entries as they come. */
export class ByteClient extends Client {
  readonly #entries = new Map<number, (entry: LdapEntry) => void>();
  readonly #methods = this as unknown as ClientMethods;

  constructor(options: ClientOptions) {
    super(options);
    const { messageParser } = this.#methods;
    messageParser.removeAllListeners('message');
    messageParser.on('message', (message) => {
      const take = message instanceof SearchEntry ? this.#entries.get(message.messageId) : undefined;
      if (take === undefined) this.#methods._handleSendResponse(message);
      else take(entryOf(message as ReceivedEntry));
    });
  }

  bindAs(dn: ByteString, password: ByteString): Promise<void> {
    return this.#methods._sendBind(new ByteBind(this.#methods._nextMessageId(), dn, password));
  }

  /** Rejects with what ldapts makes of a result that is not success. */
  async searchFor(search: LdapSearch, take: (entry: LdapEntry) => void): Promise<void> {
    await this.#methods._ensureConnected();
    const id = this.#methods._nextMessageId();
    this.#entries.set(id, take);
    try {
      const { status, errorMessage } = await this.#methods._send(new ByteSearch(id, search));
      if (status !== 0) throw new LdapResult(status, fromUtf8(errorMessage));
    } finally {
      this.#entries.delete(id);
    }
  }

  pause(): void {
    this.#methods.socket?.pause();
  }

  resume(): void {
    this.#methods.socket?.resume();
  }
}

function entryOf({ name, attributes }: ReceivedEntry): LdapEntry {
  return {
    dn: fromUtf8(name),
    attributes: attributes.map(({ type, parsedBuffers }) => ({
      name: fromUtf8(type),
      values: parsedBuffers.map((value) => value.toString('latin1')),
    })),
  };
}
