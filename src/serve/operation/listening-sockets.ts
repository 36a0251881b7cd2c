import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** A TCP socket of this process that listens. */
export interface ListeningSocket {
  readonly descriptor: number;
  readonly address: string;
  readonly port: number;
}

/** State of a socket that listens, in /proc/net/tcp. Linux include/net/tcp_states.h */
const LISTENING = '0A';

/** All of them; none where the system has no /proc. */
export function listeningSockets(): readonly ListeningSocket[] {
  let names: string[];
  try {
    names = readdirSync('/proc/self/fd');
  } catch {
    return [];
  }
  const places = new Map([...placesOf('/proc/self/net/tcp'), ...placesOf('/proc/self/net/tcp6')]);
  return names.flatMap((name) => {
    const inode = /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/self/fd/${name}`))?.[1] ?? '';
    const place = places.get(inode);
    return place === undefined ? [] : [{ descriptor: Number(name), ...place }];
  });
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    // The descriptor that read the folder.
    return '';
  }
}

/** Sockets that listen, by their inodes. */
function placesOf(path: string): [string, { readonly address: string; readonly port: number }][] {
  let text: string;
  try {
    text = readFileSync(path, 'latin1');
  } catch {
    // No IPv6 here.
    return [];
  }
  return text.split('\n').flatMap((line) => {
    const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/);
    if (state !== LISTENING) return [];
    const [address = '', port = ''] = local.split(':');
    return [[inode, { address: addressText(address), port: Number.parseInt(port, 16) }]];
  });
}

/** Words of 32 bits in the machine's order. */
function addressText(hex: string): string {
  const bytes = Buffer.from(hex, 'hex');
  if (new Uint8Array(Uint16Array.of(1).buffer)[0] === 1) bytes.swap32();
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16));
  return new URL(`http://[${groups.join(':')}]/`).hostname.slice(1, -1);
}
