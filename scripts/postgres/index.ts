export { blockers, whileWatched } from './blocked.ts';
export { type ConnectOptions, connect, withConnection } from './connect.ts';
export { createDatabase, dropDatabase, uniqueName } from './databases.ts';
export {
  assertSupported,
  assertWritable,
  describeIdentity,
  type Identity,
  identify,
  MAJORS,
} from './identity.ts';
export {
  acquireLock,
  describeHolder,
  GRAPHILE_LOCK_KEY,
  IU_LOCK_KEY,
  type Lock,
  type LockHolder,
  type LockOptions,
  lockHolder,
} from './lock.ts';
export { connectionLost } from './lost.ts';
export { packagedBinaries } from './packaged.ts';
export { openTarget, type Target } from './target.ts';
export { redact, withDatabase, withParameter } from './url.ts';
