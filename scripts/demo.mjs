// A tour in a terminal: a proxy configuration with real mistakes is checked, explained, corrected and compared.
// It runs the commands that it prints and nothing else; no server, no database, no network.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);
if (!existsSync('dist/cli.cjs')) {
  console.error('Build first: npm run build');
  process.exit(2);
}

const colours =
  (process.stdout.isTTY === true || (process.env.FORCE_COLOR ?? '0') !== '0') && !process.env.NO_COLOR;
const bold = (text) => (colours ? `\x1b[1m${text}\x1b[22m` : text);
const green = (text) => (colours ? `\x1b[32m${text}\x1b[39m` : text);

const asWritten = 'fixtures/guide/as-written';
const corrected = 'fixtures/guide/corrected';
const data = (folder) =>
  ['mailproxy', 'maillocal', 'mail'].flatMap((name) => ['--fixture', `${folder}/databases/${name}.sql`]);
const proxy = (folder) => ['-c', `${folder}/proxy/dovecot.conf`, '--map', `/etc/dovecot=${folder}/proxy`];

let step = 0;
let surprises = 0;

function say(title, ...lines) {
  step += 1;
  console.log(`\n${bold(`${step}. ${title}`)}`);
  for (const line of lines) console.log(`   ${line}`);
}

/** Prints the command line, runs it, and notes when its exit code is not the one that the tour tells of. */
function dvproxy(expectedExit, ...args) {
  console.log(`\n${green('$')} ${bold(`dvproxy ${args.join(' ')}`)}`);
  const { status } = spawnSync(process.execPath, ['bin/dvproxy.js', ...args], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status !== expectedExit) {
    surprises += 1;
    console.error(`(exit code ${status}, expected ${expectedExit})`);
  }
}

console.log(bold('dvproxy: what a Dovecot proxy really does with its configuration'));

say(
  'A proxy from a guide on the web: Dovecot 2.3 in front of 2.4 backends.',
  'It looks right, and Dovecot refuses to start with it. One run finds that and what lies behind it.',
);
dvproxy(1, 'check', ...proxy(asWritten));

say('Where would a user go? First of all nowhere: dvproxy refuses what Dovecot refuses, in its words.');
dvproxy(1, 'simulate', 'user2@domain2.com', ...proxy(asWritten), ...data(asWritten));

say(
  'With --lenient it goes on and says how it read the mistake. What comes next, Dovecot would show at the first login only:',
  'ssl is a reserved word of MySQL, the database refuses the query, and result_internalfail = continue hides it.',
);
dvproxy(75, 'simulate', 'user2@domain2.com', '--lenient', ...proxy(asWritten), ...data(asWritten));

say('The corrected configuration is silent.');
dvproxy(0, 'check', ...proxy(corrected));

say('Now user2 goes where the guide meant: TLS from the first byte, with a verified certificate.');
dvproxy(0, 'simulate', 'user2@domain2.com', ...proxy(corrected), ...data(corrected));

say('All users, before and after: what changes for whom?');
dvproxy(
  1,
  'simulate',
  '--users',
  'fixtures/guide/users.txt',
  '--lenient',
  ...proxy(asWritten),
  '--compare',
  `${corrected}/proxy/dovecot.conf`,
  '--compare-map',
  `/etc/dovecot=${corrected}/proxy`,
  ...data(corrected),
);

console.log(
  `\n${bold('Next')}: dvproxy explain DV401, dvproxy rules, dvproxy --help; the files are in fixtures/guide/.`,
);
process.exitCode = surprises === 0 ? 0 : 1;
