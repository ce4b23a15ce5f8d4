import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/harness/**/*.test.ts'],
    // What the tests spawn compiles once: `iu`, hundreds of times.
    env: { NODE_COMPILE_CACHE: resolve(import.meta.dirname, 'node_modules/.cache/node-compile') },
    globalSetup: 'test/harness/support/servers.ts',
    // No measure of speed: only what ends a test that hangs, on a machine as slow as can be.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // Files share two processes, so that each module is loaded twice and not a hundred times. No test leaves
    // anything in the modules or the environment of its process.
    isolate: false,
    maxWorkers: 2,
  },
});
