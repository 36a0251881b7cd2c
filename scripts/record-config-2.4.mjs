// Lets a real doveconf 2.4.1 answer the cases of fixtures/config-2.4/cases.json and keeps its answers there.
//
//   node scripts/record-config-2.4.mjs [--root DIR]
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const file = new URL('../fixtures/config-2.4/cases.json', import.meta.url);
const rootOption = process.argv.indexOf('--root');
const root = rootOption === -1 ? '' : (process.argv[rootOption + 1] ?? '');
const folder = mkdtempSync(join(root || '/', 'tmp/dvproxy-record-'));
const path = `${folder.slice(root.length)}/dovecot.conf`;
const lines = [];
try {
  const version = execFileSync(
    root === '' ? 'dovecot' : 'chroot',
    root === '' ? ['--version'] : [root, 'dovecot', '--version'],
  );
  if (!version.toString().startsWith('2.4.1')) throw new Error(`not Dovecot 2.4.1: ${version}`);
  for (const entry of JSON.parse(readFileSync(file, 'utf8'))) {
    writeFileSync(join(folder, 'dovecot.conf'), entry.conf, 'latin1');
    const args = ['doveconf', '-c', path, ...entry.args];
    const command = root === '' ? args : ['chroot', root, ...args];
    const { stdout, stderr, status } = spawnSync(command[0], command.slice(1), { encoding: 'latin1' });
    const short = (text) => text.replaceAll(path, '/etc/dovecot/dovecot.conf');
    lines.push(
      JSON.stringify({
        name: entry.name,
        conf: entry.conf,
        args: entry.args,
        exit: status,
        stdout: stdout
          .split('\n')
          .filter((line) => !/^# /.test(line))
          .join('\n'),
        stderr: short(stderr)
          .split('\n')
          // A backtrace names addresses of one process.
          .filter((line) => line !== '' && !line.includes(' Raw backtrace: ')),
      }),
    );
  }
} finally {
  rmSync(folder, { recursive: true });
}
writeFileSync(file, `[\n${lines.join(',\n')}\n]\n`);
