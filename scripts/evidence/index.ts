export { eventHash, firstBrokenEvent } from './hash.ts';
export {
  append,
  brokenLinks,
  type Event,
  type EventFacts,
  type EventKind,
  hasLedger,
  installLedger,
  newRunId,
  readChain,
} from './ledger.ts';
export { canonical, type Receipt } from './receipt.ts';
export { finding, type Report, report } from './report-schema.ts';
export { readSeal, type SealFile, writeSeal } from './seal-file.ts';
export { type Verification, verifyReceipt } from './verify-receipt.ts';
export { writeReceipt } from './write-receipt.ts';
