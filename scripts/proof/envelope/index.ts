export type { Impact } from './impact.ts';
export { type ProbeItem, type ProbeScenario, reportProbe } from './item.ts';
export type { AutonomousCommits } from './outside.ts';
export type { Residue, ResidueClass } from './residue.ts';
export type { ProbeRun, ProbeVerdict } from './result.ts';
export { type ProbeOptions, runProbe } from './run.ts';
export { openWitness, type Witness } from './witness.ts';
