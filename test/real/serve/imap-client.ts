import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const SCRIPT = `
import imaplib, json, ssl, sys
q = json.loads(sys.argv[1])
out = {}
try:
    m = imaplib.IMAP4('127.0.0.1', q['port'])
    out['welcome'] = m.welcome.decode()
    if q.get('starttls'):
        c = ssl.create_default_context(); c.check_hostname = False; c.verify_mode = ssl.CERT_NONE
        m.starttls(c)
    m.login(q['user'], q['password'])
    out['login'] = True
    if q.get('message'):
        m.append('INBOX', None, None, q['message'].encode())
    m.select('INBOX')
    typ, data = m.search(None, 'ALL')
    out['messages'] = []
    for n in data[0].split():
        typ, parts = m.fetch(n, '(BODY.PEEK[])')
        out['messages'].append(parts[0][1].decode())
    m.logout()
except imaplib.IMAP4.error as e:
    out['error'] = str(e)
print(json.dumps(out))
`;

export interface ImapQuestion {
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** Put into the INBOX before it is read. */
  readonly message?: string;
  readonly starttls?: boolean;
}

export interface ImapAnswer {
  readonly welcome?: string;
  readonly login?: boolean;
  readonly messages?: readonly string[];
  readonly error?: string;
}

/** A whole session of Python's imaplib. */
export async function imapSession(question: ImapQuestion): Promise<ImapAnswer> {
  const { stdout } = await promisify(execFile)('python3', ['-c', SCRIPT, JSON.stringify(question)]);
  return JSON.parse(stdout) as ImapAnswer;
}
