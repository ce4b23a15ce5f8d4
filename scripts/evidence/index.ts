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
export { type Receipt, writeReceipt } from './receipt.ts';
export { readSeal, type SealFile, writeSeal } from './seal-file.ts';
