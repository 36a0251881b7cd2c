export { sanitize } from '../auth/sanitize.js';
