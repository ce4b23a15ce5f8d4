export { type CoveredFunction, describeCoverage } from './coverage.ts';
export { runDirectly } from './direct.ts';
export { findTests } from './files.ts';
export { renderJunit } from './junit.ts';
export { describeFile, type FileResult, type TestItem, testItem } from './result.ts';
export {
  prepareTemplate,
  type Run,
  runOnClones,
  type Server,
  type Suite,
  type Template,
} from './suite.ts';
export { renderTap } from './tap.ts';
