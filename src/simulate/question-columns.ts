import { fromUtf8 } from '../../grammar/bytes.js';
import type { Question } from './question.js';
import { TableProblem } from './table-problem.js';

type Column = (question: Question, text: string) => Question;

function port(text: string, name: string): number {
  if (!/^\d{1,5}$/.test(text)) throw new TableProblem(`${name} "${text}" is not a port number`);
  return Number(text);
}

/** Columns that make the question; an empty cell leaves what the command line says. */
const COLUMNS: Readonly<Record<string, Column>> = {
  user: (question, user) => ({ ...question, user }),
  service: (question, service) => ({ ...question, service, lookup: question.lookup || service === 'lmtp' }),
  mech: (question, mechanism) => ({ ...question, mechanism }),
  password: (question, password) => ({ ...question, password: fromUtf8(password) }),
  master: (question, master) => ({ ...question, master }),
  lookup: (question, text) => ({ ...question, lookup: /^(yes|true|1|y)$/i.test(text) }),
  local_ip: (question, localIp) => ({ ...question, localIp }),
  local_port: (question, text) => ({ ...question, localPort: port(text, 'local_port') }),
  remote_ip: (question, remoteIp) => ({ ...question, remoteIp }),
  remote_port: (question, text) => ({ ...question, remotePort: port(text, 'remote_port') }),
  real_local_ip: (question, realLocalIp) => ({ ...question, realLocalIp }),
  real_remote_ip: (question, realRemoteIp) => ({ ...question, realRemoteIp }),
  local_name: (question, localName) => ({ ...question, localName }),
  client_id: (question, clientId) => ({ ...question, clientId }),
  session: (question, session) => ({ ...question, session }),
  secured: (question, text) => ({
    ...question,
    secured: text === 'tls' ? 'tls' : text === 'yes' ? 'yes' : 'none',
  }),
};

/** Names of the columns that make the question. */
export const QUESTION_COLUMNS: readonly string[] = Object.keys(COLUMNS);

/** The question with one more column; null: the column is no part of a question. Throws `TableProblem`. */
export function withColumn(question: Question, name: string, cell: string): Question | null {
  const column = Object.hasOwn(COLUMNS, name) ? COLUMNS[name] : undefined;
  if (column === undefined) return null;
  return cell === '' ? question : column(question, cell);
}
