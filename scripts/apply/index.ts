export {
  closeGraphilePools,
  graphileSettings,
  hashFindings,
  quietLogger,
  type Settings,
} from './graphile.ts';
export { applyMigration, rollbackMigration } from './migrate.ts';
export type { Numbered } from './numbered.ts';
export { invalidIndexes, preflight } from './preflight.ts';
export { inTransaction, prepareDatabase } from './prepare.ts';
export { assertSound, loadProject, type Project } from './project.ts';
export { applyScript, revertScript, type Scenario, scenariosIn } from './runtime.ts';
export { explain, openSession, recordSeal, runStatements, type Session } from './session.ts';
export { chainStatus, type FileState, type State, type Status } from './status.ts';
