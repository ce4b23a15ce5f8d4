export { type Delivered, type Dispatcher, deliverPending, parseExactly } from './deliver.ts';
export { readFence } from './fence.ts';
export { type Health, health, unhealthy } from './health.ts';
export { prometheus } from './metrics.ts';
export { describeTick, type Runner, standstill, type Tick, tick } from './tick.ts';
export { CHANNEL, closed, describe, type Totals, type Watch, watch } from './watch.ts';
