import { TLS_DOMAIN } from './proxy-configs.js';
import { type LoadSuite, userFormat } from './proxy-load.js';

const PLAIN = userFormat('plain.example');
const ENCRYPTED = userFormat(TLS_DOMAIN);

export const LOADS: readonly LoadSuite[] = [
  {
    name: 'imap-50',
    title: 'IMAP logins, 50 at once',
    port: 'imap',
    args: ['-c', '50', ...PLAIN],
    sessions: 2500,
    slowSessions: 200,
  },
  {
    name: 'pop3-50',
    title: 'POP3 logins, 50 at once',
    port: 'pop3',
    args: ['-c', '50', '--proto', 'pop3', ...PLAIN],
    sessions: 2500,
    slowSessions: 200,
  },
  {
    name: 'tls-50',
    title: 'IMAP logins with TLS, 50 at once',
    port: 'imaps',
    args: ['-c', '50', '--tls', ...PLAIN],
    sessions: 1000,
    slowSessions: 100,
  },
  {
    name: 'imap-1',
    title: 'IMAP logins, one after the other',
    port: 'imap',
    args: ['-c', '1', ...PLAIN],
    sessions: 1000,
    slowSessions: 100,
  },
  {
    name: 'imap-500',
    title: 'IMAP logins, 500 at once',
    port: 'imap',
    args: ['-c', '500', ...PLAIN],
    sessions: 3000,
    slowSessions: 500,
  },
  {
    name: 'down',
    title: 'Download, 4 at once',
    port: 'imap',
    args: ['-c', '4', '--mode', 'down', ...PLAIN],
    sessions: 8,
    slowSessions: 8,
    bytes: 60_000_000,
  },
  {
    name: 'up',
    title: 'Upload, 4 at once',
    port: 'imap',
    args: ['-c', '4', '--mode', 'up', ...PLAIN],
    sessions: 8,
    slowSessions: 8,
    bytes: 60_000_000,
  },
  {
    name: 'down-tls',
    title: 'Download, TLS to the client, 4 at once',
    port: 'imaps',
    args: ['-c', '4', '--tls', '--mode', 'down', ...PLAIN],
    sessions: 8,
    slowSessions: 8,
    bytes: 12_500_000,
  },
  {
    name: 'down-tls-both',
    title: 'Download, TLS on both sides, 4 at once',
    port: 'imaps',
    args: ['-c', '4', '--tls', '--mode', 'down', ...ENCRYPTED],
    sessions: 8,
    slowSessions: 8,
    bytes: 12_500_000,
    tlsToBackend: true,
  },
];
