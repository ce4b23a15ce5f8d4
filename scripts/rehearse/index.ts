export { type Chain, climbChain, type Records } from './chain.ts';
export { clusterWide, readPlainFile } from './files.ts';
export { isDeclaredLost } from './headers.ts';
export { type Pair, type PairBench, rehearsePair } from './pair.ts';
export { assertRolesThere } from './roles.ts';
export { allFindings, type RehearsalItem, type Rehearsed } from './run.ts';
export { dropLeftovers, makeScratch } from './scratch.ts';
export { rehearseSeeded } from './seeded.ts';
