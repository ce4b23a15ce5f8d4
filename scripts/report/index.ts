export { IuError } from './error.ts';
export { EXIT, type Exit, type ExitName, type Finding, type Outcome } from './outcome.ts';
