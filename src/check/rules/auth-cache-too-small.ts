import { BOTH, defineRule } from '../rule.js';
import { placeOfValue, valueText } from '../value-text.js';

const SMALLEST_USEFUL = 64 * 1024;

export const authCacheTooSmall = defineRule({
  code: 'DV320',
  name: 'auth-cache-too-small',
  severity: 'warning',
  title: 'An auth cache of a few kilobytes: the size counts bytes',
  versions: BOTH,
  check({ config, report }) {
    const size = config.effective.auth().cacheSize;
    const written = config.effective.setting('auth_cache_size');
    if (written === null || written.origin === null || size <= 0 || size >= SMALLEST_USEFUL) return;
    const kilobytes = size % 1024 === 0 ? `${size / 1024} kB` : `${size} bytes`;
    const unit = /^\d+$/.test(valueText(written.origin).text.trim())
      ? ': a size without a unit counts bytes'
      : '';
    report({
      message: `The auth cache is ${kilobytes}, too small to hold more than a few users${unit}`,
      place: placeOfValue(written.origin),
      help: 'Write the unit, for example "auth_cache_size = 16 M", or 0 for no cache.',
    });
  },
});
