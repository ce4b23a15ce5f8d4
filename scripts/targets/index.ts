export { dispatchDelivery, seamIsFailClosed } from './dispatch.ts';
export { builtKinds, createRegistry, type Registry } from './registry.ts';
export { createReportTarget, type ReportOptions, reportLine } from './report.ts';
export {
  type AskPermission,
  ambiguous,
  type DeliveryTarget,
  type Detail,
  failed,
  KINDS,
  type Kind,
  type Outcome,
  type Permission,
  type Request,
  refused,
  type Status,
  sent,
} from './target.ts';
export { UnbuiltDeliveryTarget } from './unbuilt.ts';
