import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/harness/**/*.test.ts'],
    globalSetup: 'test/harness/support/servers.ts',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    fileParallelism: true,
    maxWorkers: 2,
  },
});
