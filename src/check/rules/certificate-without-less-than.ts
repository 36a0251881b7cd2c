import { defineRule } from '../rule.js';
import { settingsNamed, valuePlace } from '../statements.js';

const CONTENT_SETTINGS = [
  'ssl_cert',
  'ssl_key',
  'ssl_ca',
  'ssl_dh',
  'ssl_alt_cert',
  'ssl_alt_key',
  'ssl_client_cert',
  'ssl_client_key',
];

export const certificateWithoutLessThan = defineRule({
  code: 'DV502',
  name: 'certificate-without-less-than',
  severity: 'error',
  title: 'ssl_cert = /path without "<": 2.3 takes the path itself for the certificate',
  versions: ['2.3'],
  check({ config, report }) {
    for (const setting of settingsNamed(config, ...CONTENT_SETTINGS)) {
      const { key, value } = setting.node;
      if (!CONTENT_SETTINGS.includes(key) || value.form !== 'text' || value.text === '') continue;
      // The certificate itself, as one line.
      if (value.text.includes('-----BEGIN')) continue;
      const place = valuePlace(setting);
      report({
        message: `${key} wants the content of the file, and this is only its ${value.text.includes('/') ? 'path' : 'name'}`,
        place,
        help: `Write "${key} = <${value.text}".`,
        fixes: [
          {
            title: 'Put "<" before the path',
            safe: value.text.startsWith('/'),
            edits: [{ place, text: `<${value.text}` }],
          },
        ],
      });
    }
  },
});
