/** Colours of the page in both schemes; contrast of text at least 4.5 to 1. */
export const PAGE_STYLE = `
:root{--text:#1b2733;--dim:#52606d;--page:#fff;--line:#d5dbe1;--soft:#f3f6f9;--good:#1d7a3a;--bad:#b3261e;--wait:#8a5a00;--plain:#3b6299;--link:#1d4f91}
@media(prefers-color-scheme:dark){:root{--text:#e4e9ee;--dim:#a5b1bd;--page:#14191f;--line:#38424d;--soft:#1d242c;--good:#5cc97d;--bad:#ff8a80;--wait:#f0b849;--plain:#7fa8dd;--link:#9cc2f5}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1400px;padding:1rem 1.5rem 3rem;background:var(--page);color:var(--text);font:15px/1.45 system-ui,sans-serif}
h1{font-size:1.6rem;margin:0}h2{font-size:1.15rem;margin:2rem 0 .3rem}header p,.hint,caption{color:var(--dim);margin:.2rem 0 .8rem}
.alert{color:var(--bad);font-weight:600}
.scroll{overflow-x:auto}
svg text{fill:var(--text);font:13px ui-monospace,monospace;paint-order:stroke;stroke:var(--page);stroke-width:3px;stroke-opacity:.7}svg .head{fill:var(--dim)}
.band{fill:none;stroke:var(--plain);opacity:.35;cursor:pointer}.band:hover{opacity:.7}
.band.good{stroke:var(--good)}.band.bad{stroke:var(--bad)}.band.wait{stroke:var(--wait)}
.bar{fill:var(--plain)}.bar.good{fill:var(--good)}.bar.bad{fill:var(--bad)}.bar.wait{fill:var(--wait)}
table{border-collapse:collapse;margin:.5rem 0;width:100%}caption{text-align:left}
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
th,td{text-align:left;padding:.25rem .7rem;border-bottom:1px solid var(--line);white-space:nowrap;vertical-align:top}
td:last-child{white-space:normal}th{background:var(--soft);font-weight:600}
.number{text-align:right;font-variant-numeric:tabular-nums}
tr.good td:nth-child(4),td.good{color:var(--good)}tr.bad td:nth-child(4),td.bad{color:var(--bad)}td.wait{color:var(--wait)}
button,input,select{font:inherit;color:inherit;background:var(--soft);border:1px solid var(--line);border-radius:4px;padding:.2rem .6rem}
th button,td button{background:none;border:0;padding:0;font-weight:inherit}td button{color:var(--link);text-decoration:underline;cursor:pointer}
th button{cursor:pointer}th[aria-sort=ascending] button::after{content:" \\2191"}th[aria-sort=descending] button::after{content:" \\2193"}
:focus-visible{outline:2px solid var(--link);outline-offset:2px}
form{display:flex;flex-wrap:wrap;gap:.6rem 1rem;align-items:center;margin:.5rem 0}#text{width:20rem;max-width:60vw}
nav{display:flex;gap:.5rem;align-items:center}button:disabled{opacity:.45}
`;

/**
 * What the page does: finds, sorts and shows a hundred rows at a time. Rows stay text until they are looked at, so that
 * hundreds of thousands of them take little memory.
 */
export const PAGE_SCRIPT = `
'use strict';
(() => {
  const PAGE = 100;
  const OUTCOME = 2, BACKEND = 3, SENT = 5, PASSDB = 6;
  const byId = (id) => document.getElementById(id);
  const words = JSON.parse(byId('words').textContent);
  const rows = byId('rows').textContent.split('\\n').slice(1, -1);
  const unescaped = (text) => text.replace(/\\\\(\\\\|x3c)/g, (_, what) => (what === 'x3c' ? '<' : '\\\\'));
  const decoded = (line) => {
    const cells = line.split('\\t').map((cell, at) => {
      if (at === 0 || cell === '') return unescaped(cell);
      return cell[0] === '=' ? unescaped(cell.slice(1)) : words[Number(cell)];
    });
    if (cells[SENT] === '' && cells[BACKEND] !== '') cells[SENT] = cells[0];
    return cells;
  };
  const numbers = new Intl.NumberFormat('en');
  const state = { page: 0, column: -1, down: false, passdb: null };
  let shown = rows.map((_, at) => at);

  function fill(select, column) {
    const names = new Set();
    for (const line of rows) {
      names.add(line.split('\\t')[column]);
      if (names.size > 1000) break;
    }
    const texts = [...names].filter((cell) => cell !== '').map((cell) => (cell[0] === '=' ? unescaped(cell.slice(1)) : words[Number(cell)]));
    for (const text of texts.sort()) select.append(new Option(text, text));
  }

  function find() {
    const text = byId('text').value.trim().toLowerCase();
    const outcome = byId('outcome').value;
    const backend = byId('backend').value;
    shown = [];
    for (let at = 0; at < rows.length; at += 1) {
      if (text === '' && outcome === '' && backend === '' && state.passdb === null) shown.push(at);
      else {
        const cells = decoded(rows[at]);
        if (outcome !== '' && cells[OUTCOME] !== outcome) continue;
        if (backend !== '' && cells[BACKEND] !== backend) continue;
        if (state.passdb !== null && cells[PASSDB] !== state.passdb) continue;
        if (text === '' || cells.some((cell) => cell.toLowerCase().includes(text))) shown.push(at);
      }
    }
    sort();
  }

  function sort() {
    if (state.column >= 0) {
      const keys = new Map(shown.map((at) => [at, decoded(rows[at])[state.column]]));
      const turn = state.down ? -1 : 1;
      const compare = new Intl.Collator('en', { numeric: true }).compare;
      shown.sort((one, other) => turn * compare(keys.get(one), keys.get(other)) || one - other);
    } else shown.sort((one, other) => one - other);
    state.page = 0;
    show();
  }

  function show() {
    const pages = Math.max(1, Math.ceil(shown.length / PAGE));
    const body = document.querySelector('#users tbody');
    body.textContent = '';
    for (const at of shown.slice(state.page * PAGE, (state.page + 1) * PAGE)) {
      const row = body.insertRow();
      decoded(rows[at]).forEach((cell, column) => {
        const made = row.insertCell();
        made.textContent = cell;
        if (column === OUTCOME) made.className = cell.startsWith('ok_') ? 'good' : cell === 'tempfail' ? 'wait' : 'bad';
      });
    }
    const passdb = state.passdb === null ? '' : ' of passdb ' + (state.passdb || 'none');
    byId('found').textContent = numbers.format(shown.length) + ' of ' + numbers.format(rows.length) + ' users' + passdb;
    byId('page').textContent = 'page ' + numbers.format(state.page + 1) + ' of ' + numbers.format(pages);
    byId('first').disabled = byId('previous').disabled = state.page === 0;
    byId('next').disabled = byId('last').disabled = state.page >= pages - 1;
    document.querySelectorAll('#users th').forEach((head, column) => {
      if (column === state.column) head.setAttribute('aria-sort', state.down ? 'descending' : 'ascending');
      else head.removeAttribute('aria-sort');
    });
  }

  function choose(select, value) {
    if (value !== '' && ![...select.options].some((option) => option.value === value)) select.append(new Option(value, value));
    select.value = value;
  }

  function go(page) {
    state.page = page;
    show();
  }

  fill(byId('outcome'), OUTCOME);
  fill(byId('backend'), BACKEND);
  byId('search').addEventListener('submit', (event) => event.preventDefault());
  byId('text').addEventListener('input', find);
  byId('outcome').addEventListener('change', find);
  byId('backend').addEventListener('change', find);
  byId('clear').addEventListener('click', () => {
    byId('text').value = '';
    choose(byId('outcome'), '');
    choose(byId('backend'), '');
    state.passdb = null;
    find();
  });
  byId('first').addEventListener('click', () => go(0));
  byId('previous').addEventListener('click', () => go(state.page - 1));
  byId('next').addEventListener('click', () => go(state.page + 1));
  byId('last').addEventListener('click', () => go(Math.ceil(shown.length / PAGE) - 1));
  document.querySelectorAll('[data-column]').forEach((button) => {
    button.addEventListener('click', () => {
      const column = Number(button.dataset.column);
      state.down = state.column === column && !state.down;
      state.column = column;
      sort();
    });
  });
  document.querySelectorAll('[data-way]').forEach((part) => {
    part.addEventListener('click', () => {
      const [passdb, outcome, backend] = JSON.parse(part.dataset.way);
      state.passdb = passdb;
      choose(byId('outcome'), outcome);
      choose(byId('backend'), backend === null ? '' : backend);
      byId('text').value = '';
      find();
      byId('users-title').scrollIntoView();
    });
  });
  show();
})();
`;
