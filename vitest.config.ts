import { defineConfig } from 'vitest/config';

// Two suites: `unit` needs nothing but Node, `real` starts Dovecot, MariaDB and others from the installed programs.
export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/real/**'],
          setupFiles: ['test/property-seed.ts'],
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'real',
          include: ['test/real/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 240_000,
          // The real programs run beside their own clocks; on a busy machine one of them may be late once.
          retry: process.env['CI'] === 'true' ? 2 : 0,
        },
      },
    ],
  },
});
