export { proveMigrations } from './migrations.ts';
export { proveProbes } from './probes.ts';
export { proveReverts, proveRuntime } from './runtime.ts';
export type { Bench, ProofItem, StageResult } from './stage.ts';
export { proveTests } from './tests.ts';
