import { execFileSync } from 'node:child_process';
import type { HostLookup } from '../config/host.js';

/** Dovecot 2.4.1 config-parser.c DNS_LOOKUP_TIMEOUT_SECS. */
const TIMEOUT_MS = 30_000;

// Reading a configuration is synchronous and Node's resolver is not: a process of its own waits for the answer.
const PROGRAM =
  "require('node:dns').lookup(process.argv[1], { verbatim: true }, (error, address) =>" +
  ' process.stdout.write(JSON.stringify(error ? { code: error.code } : { address })));';

// getaddrinfo(3)
const REASONS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'Name or service not known',
  EAI_AGAIN: 'Temporary failure in name resolution',
};

/** The first address of a host, from /etc/hosts or DNS. Blocks for as long as the answer takes, 30 seconds at most. */
export const dnsLookup: HostLookup = (name) => {
  let output: string;
  try {
    output = execFileSync(process.execPath, ['-e', PROGRAM, '--', name], {
      encoding: 'utf8',
      timeout: TIMEOUT_MS,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch {
    return { kind: 'unknown', reason: 'no answer within 30 seconds' };
  }
  const answer: { readonly address?: string; readonly code?: string } = JSON.parse(output);
  if (answer.address !== undefined) return { kind: 'found', address: answer.address };
  return { kind: 'unknown', reason: REASONS[answer.code ?? ''] ?? answer.code ?? '' };
};
