import { defineRule } from '../rule.js';
import { keyPlace, settingsBeside } from '../statements.js';

// config-language.md section 12, settings of type `file`, in full and as they stand inside their named filter.
const FILE_SETTING =
  /^(?:(?:ssl_server_|ssl_client_)?(?:alt_)?(?:cert|key|ca|dh)_file|crypt_private_key_file|crypt_global_public_key_file|lua_file)$/;

// observed 2.4.1: the content of the file is taken for the path.
export const fileSettingWithLessThan = defineRule({
  code: 'DV501',
  name: 'file-setting-with-less-than',
  severity: 'error',
  title: 'ssl_server_cert_file = <path: 2.4 takes the content of the file for its path',
  versions: ['2.4'],
  check({ config, report }) {
    for (const setting of settingsBeside(config, '<')) {
      const { node, source } = setting;
      const key = node.key.split('/').at(-1) ?? '';
      if (node.value.form !== 'file' || !FILE_SETTING.test(key)) continue;
      const start = source.text.indexOf('<', node.keySpan.end);
      const end = node.value.span.end;
      const before = source.text.slice(start, end);
      const place = { source, span: { start, end: start + before.trimEnd().length } };
      report({
        message: `${key} wants a path, and "<" puts the content of the file in its place: Dovecot does not start`,
        place: start === -1 ? keyPlace(setting) : place,
        help: `Write "${key} = ${node.value.text}".`,
        fixes: [
          {
            title: 'Remove the "<"',
            safe: true,
            edits: [{ place, text: node.value.text }],
          },
        ],
      });
    }
  },
});
