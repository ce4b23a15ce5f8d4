export { rowCounts, type SequenceState, sequenceStates, type TableDigest, tableDigests } from './data.ts';
export { diffFacts, type FactChange, onlyReordered } from './diff.ts';
export { contentFacts, type Facts, type Fields } from './facts.ts';
export { KINDS, type Kind, kindNames, type Scope } from './kinds.ts';
export { type ProbeRun, type Residue, runProbe } from './probe.ts';
export { compareSeals, contentSeal, type Seal, type SealedKind } from './seal.ts';
export { climb, type Step, type StepVerdict } from './staircase.ts';
