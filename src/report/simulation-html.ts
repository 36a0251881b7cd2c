import { toUtf8 } from '../../grammar/bytes.js';
import { passdbLogName } from '../auth/passdb-lists.js';
import { isOk, type Outcome, type Simulation } from '../simulate/simulation.js';
import { displayText } from './display-text.js';
import { type FlowBand, flowSvg } from './simulation-html-flow.js';
import { PAGE_SCRIPT, PAGE_STYLE } from './simulation-html-page.js';
import { tlsText, verdictText } from './simulation-words.js';
import { xmlText } from './xml-text.js';

/** One question with its answer, as the page lists it. */
export interface HtmlRow {
  readonly user: string;
  readonly service: string;
  readonly outcome: Outcome;
  /** The passdb that decided; '' where none did. */
  readonly passdb: string;
  /** `HOST:PORT`; '' where nothing is proxied. */
  readonly backend: string;
  readonly tls: string;
  /** User sent to the backend. */
  readonly sent: string;
  /** Why not, where the user does not get in. */
  readonly why: string;
}

export interface HtmlReportFacts {
  /** Main file. */
  readonly config: string;
  readonly dovecot: string;
}

/** Rows that the table holds; more are counted only. Failures have room of their own. */
const MAX_LISTED = { ok: 200_000, failed: 100_000 } as const;
/** Distinct texts that are written once and referred to. */
const MAX_WORDS = 5000;
/** Ways that are told apart in the picture's numbers. */
const MAX_WAYS = 5000;
const OTHER = 'other';

/** What the page needs of an answer. */
export function htmlRow(simulation: Simulation): HtmlRow {
  const { question, answer, decision, outcome } = simulation;
  const deciding = answer.steps.findLast((step) => step.action === 'lookup');
  const destination = decision?.kind === 'proxy' ? decision.destination : null;
  return {
    user: question.user,
    service: question.service,
    outcome,
    passdb:
      deciding === undefined ? '' : `${deciding.passdb.index}. ${toUtf8(passdbLogName(deciding.passdb))}`,
    backend: destination === null ? '' : `${toUtf8(destination.host)}:${destination.port}`,
    tls: destination === null ? '' : tlsText(destination),
    sent: destination === null ? '' : toUtf8(destination.user),
    why: isOk(outcome) ? '' : verdictText(simulation),
  };
}

/**
 * The report of many users: one page without network. It is written as the answers come, the same memory for any
 * number of them: first the rows, then what was counted, the picture and the table that shows the rows.
 */
export class HtmlReport {
  readonly #write: (text: string) => void;
  readonly #facts: HtmlReportFacts;
  readonly #words = new Map<string, number>();
  readonly #ways = new Map<string, FlowBand & { count: number }>();
  #listed = { ok: 0, failed: 0 };
  #total = 0;

  constructor(facts: HtmlReportFacts, write: (text: string) => void) {
    this.#facts = facts;
    this.#write = write;
    write(head(facts));
  }

  add(row: HtmlRow): void {
    this.#total += 1;
    this.#count(row);
    const kind = isOk(row.outcome) ? 'ok' : 'failed';
    if (this.#listed[kind] >= MAX_LISTED[kind]) return;
    this.#listed[kind] += 1;
    const { user, service, outcome, passdb, backend, tls, sent, why } = row;
    const cells = [
      escapedCell(displayText(user)),
      this.#word(service),
      this.#word(outcome),
      this.#word(backend),
      this.#word(tls),
      sent === user ? '' : `=${escapedCell(displayText(sent))}`,
      this.#word(passdb),
      this.#word(why),
    ];
    this.#write(`${cells.join('\t')}\n`);
  }

  /** Ends the page. `interrupted`: not all questions were asked. */
  end(interrupted: boolean): void {
    const ways = [...this.#ways.values()].sort((one, other) => other.count - one.count);
    const words = JSON.stringify([...this.#words.keys()]).replaceAll('<', '\\u003c');
    const left = this.#total - this.#listed.ok - this.#listed.failed;
    this.#write(
      [
        '</script>',
        `<script type="application/json" id="words">${words}</script>`,
        '</head>',
        '<body>',
        '<header>',
        `<h1>${this.#total.toLocaleString('en')} ${this.#total === 1 ? 'question' : 'questions'}</h1>`,
        `<p>${xmlText(displayText(this.#facts.config))}, Dovecot ${xmlText(this.#facts.dovecot)}</p>`,
        interrupted ? '<p class="alert">Interrupted: not all questions were asked.</p>' : '',
        '</header>',
        '<main>',
        '<section aria-labelledby="flow-title"><h2 id="flow-title">Where they go</h2>',
        '<p class="hint">Deciding passdb, outcome, backend. Click a way or a line of the table to see its users.</p>',
        `<div class="scroll">${flowSvg(ways)}</div>`,
        waysTable(ways, this.#total),
        '</section>',
        '<section aria-labelledby="users-title"><h2 id="users-title">Users</h2>',
        left === 0
          ? ''
          : `<p class="hint">${left.toLocaleString('en')} of them are counted above and not listed here.</p>`,
        USERS_TABLE,
        '</section>',
        '</main>',
        `<script>${PAGE_SCRIPT}</script>`,
        '</body>',
        '</html>\n',
      ]
        .filter((line) => line !== '')
        .join('\n'),
    );
  }

  #count({ passdb, outcome, backend, tls }: HtmlRow): void {
    const known = (name: string) => (this.#ways.size < MAX_WAYS ? name : backend === '' ? '' : OTHER);
    const key = JSON.stringify([passdb, outcome, backend, tls]);
    let way = this.#ways.get(key);
    if (way === undefined) {
      const named = { passdb, outcome, backend: known(backend), tls: this.#ways.size < MAX_WAYS ? tls : '' };
      const at = JSON.stringify([passdb, outcome, named.backend, named.tls]);
      way = this.#ways.get(at) ?? { ...named, count: 0 };
      this.#ways.set(at, way);
    }
    way.count += 1;
  }

  /** A number for a text that was seen before, or the text itself. */
  #word(text: string): string {
    if (text === '') return '';
    const shown = displayText(text);
    const known = this.#words.get(shown);
    if (known !== undefined) return String(known);
    if (this.#words.size >= MAX_WORDS) return `=${escapedCell(shown)}`;
    this.#words.set(shown, this.#words.size);
    return String(this.#words.size - 1);
  }
}

/** Nothing in a cell ends the row or the script that holds it. `displayText` has left no control characters. */
function escapedCell(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('<', '\\x3c');
}

function head({ config }: HtmlReportFacts): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>dvproxy simulate ${xmlText(displayText(config))}</title>
<style>${PAGE_STYLE}</style>
<script type="text/plain" id="rows">
`;
}

function waysTable(ways: readonly (FlowBand & { readonly count: number })[], total: number): string {
  const lines = ways.map(({ passdb, outcome, backend, tls, count }) => {
    const share = ((100 * count) / Math.max(1, total)).toFixed(1);
    const cells = [passdb || 'none', outcome, backend, tls].map(
      (cell) => `<td>${xmlText(displayText(cell))}</td>`,
    );
    const filter = xmlText(JSON.stringify([passdb, outcome, backend].map(displayText)));
    return `<tr class="${isOk(outcome) ? 'good' : 'bad'}"><td class="number"><button type="button" data-way="${filter}">${count.toLocaleString('en')}</button></td><td class="number">${share} %</td>${cells.join('')}</tr>`;
  });
  return `<div class="scroll"><table id="ways"><caption>Every way with the number of its users</caption>
<thead><tr><th scope="col">users</th><th scope="col">share</th><th scope="col">passdb</th><th scope="col">outcome</th><th scope="col">backend</th><th scope="col">TLS</th></tr></thead>
<tbody>${lines.join('\n')}</tbody></table></div>`;
}

const COLUMNS = ['user', 'service', 'outcome', 'backend', 'TLS', 'user sent', 'passdb', 'why not'];

const USERS_TABLE = `<form id="search" role="search">
<label>Search <input type="search" id="text" autocomplete="off" placeholder="user, backend, outcome, ..."></label>
<label>Outcome <select id="outcome"><option value="">all</option></select></label>
<label>Backend <select id="backend"><option value="">all</option></select></label>
<button type="button" id="clear">Clear</button>
<output id="found" aria-live="polite"></output>
</form>
<noscript><p>The list of users needs JavaScript; nothing is loaded from anywhere.</p></noscript>
<div class="scroll"><table id="users"><caption class="hidden">Users, one page at a time</caption>
<thead><tr>${COLUMNS.map((name, at) => `<th scope="col"><button type="button" data-column="${at}">${name}</button></th>`).join('')}</tr></thead>
<tbody></tbody></table></div>
<nav aria-label="Pages"><button type="button" id="first">First</button><button type="button" id="previous">Previous</button><span id="page"></span><button type="button" id="next">Next</button><button type="button" id="last">Last</button></nav>`;
