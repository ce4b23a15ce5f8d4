export {
  describeDryRun,
  describeReadiness,
  describeRuns,
  describeStatus,
  describeTree,
  summarizeReadiness,
} from './describe.ts';
export { type Difference, look, type Seen } from './difference.ts';
export { type Drive, type Driven, drive, latestDryRun } from './drive.ts';
export { problemsOf } from './problems.ts';
export {
  type DryRun,
  type Mode,
  type PlannedUnit,
  pinnedProfile,
  type Readiness,
  type RunStatus,
  readPlanTree,
  readReadiness,
  readRuns,
  readStatus,
} from './read.ts';
export { type Attempt, mayWrite, tryToCut, tryToWrite } from './read-only.ts';
export type { Rehearsal } from './rehearse.ts';
export {
  type Answer,
  type Backup,
  openRun,
  type Pinned,
  pinSource,
  resumeRun,
  setProfile,
  setSource,
  stopRun,
  voidRun,
} from './steps.ts';
