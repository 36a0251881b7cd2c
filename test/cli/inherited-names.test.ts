import { describe, expect, test } from 'vitest';
import { inFolder, runIn } from '../docs/console.js';

/** Of the same length: one is a name that every object of JavaScript has, the other one is a name like any. */
const INHERITED = 'constructor';
const OTHER = 'qonstruktor';

const FILES: Readonly<Record<string, string>> = {
  '2.3': `auth_mechanisms = plain NAME
mail_location = NAME:~/x
mail_plugins = NAME
passdb {
  driver = passwd-file
  args = scheme=NAME username_format=%{NAME} @DIR@/users
  default_fields = NAME=1 userdb_NAME=2
}
passdb {
  driver = NAME
}
service NAME {
  inet_listener NAME {
    port = 1
  }
}
plugin {
  NAME = x
}
dict {
  NAME = NAME:/x
}
`,
  '2.4': `dovecot_config_version = 2.4.1
dovecot_storage_version = 2.4.1
auth_mechanisms = plain NAME
mail_driver = NAME
mail_plugins {
  NAME = yes
}
sql_driver = NAME
passdb passwd-file {
  passwd_file_path = @DIR@/users
  default_password_scheme = NAME
  fields {
    NAME = %{NAME}
  }
}
passdb NAME {
  driver = NAME
}
NAME {
}
NAME = 1
`,
};

const COMMANDS = [
  'dvproxy check dovecot.conf',
  'dvproxy simulate ann -c dovecot.conf',
  'dvproxy simulate ann -c dovecot.conf --service NAME',
  'dvproxy config -n -c dovecot.conf',
  'dvproxy migrate dovecot.conf -o out',
  'dvproxy graph -c dovecot.conf',
];

function printed(series: string, command: string, name: string) {
  const filled = (text: string) => text.replaceAll('NAME', name);
  const files = new Map([
    ['dovecot.conf', filled(FILES[series] ?? '')],
    ['users', filled('ann:{NAME}x:::::: NAME=y proxy host=NAME\n')],
  ]);
  return inFolder(files, async (folder) => {
    const { text, exitCode } = await runIn(folder, filled(command));
    const shown = text.replaceAll(name, 'NAME').replaceAll(name.toUpperCase(), 'NAME');
    return { exitCode, text: shown.replaceAll(folder, '@DIR@') };
  });
}

describe.each(Object.keys(FILES))('a configuration of %s', (series) => {
  test.each(COMMANDS)('with names that objects inherit is like any other: %s', async (command) => {
    expect(await printed(series, command, INHERITED)).toEqual(await printed(series, command, OTHER));
  });
});
