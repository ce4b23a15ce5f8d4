export { IuError } from './error.ts';
export { type Evidence, EXIT, type Exit, type ExitName, type Finding, type Outcome } from './outcome.ts';
export { createProgress, duration, type Progress } from './progress.ts';
export { renderFinding, visible } from './render.ts';
export { type ClosableScope, createScope, type Scope } from './scope.ts';
