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
export type { Receipt } from './receipt.ts';
export { readSeal, type SealFile, writeSeal } from './seal-file.ts';
export { writeReceipt } from './write-receipt.ts';
