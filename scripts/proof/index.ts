export { rowCounts, type SequenceState, sequenceStates, type TableDigest, tableDigests } from './data.ts';
export { diffFacts, type FactChange, onlyReordered } from './diff.ts';
export {
  type AutonomousCommits,
  type Impact,
  openWitness,
  type ProbeItem,
  type ProbeOptions,
  type ProbeRun,
  type ProbeScenario,
  type ProbeVerdict,
  type Residue,
  type ResidueClass,
  reportProbe,
  runProbe,
  type Witness,
} from './envelope/index.ts';
export { contentFacts, type Facts, type Fields } from './facts.ts';
export { KINDS, type Kind, kindNames, type Scope } from './kinds.ts';
export { type Ask, withPinned } from './pinned.ts';
export { compareSeals, contentSeal, type Seal, type SealedKind } from './seal.ts';
export { type Climb, climb, type Level, type State, type Step, type Visit } from './staircase.ts';
export { differingCatalogs, type SealedCatalog, type XminSeal, xminSeal } from './xmin/index.ts';
