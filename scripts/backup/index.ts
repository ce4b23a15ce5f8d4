export { type Job, type Made, makeBackup } from './backup.ts';
export { findPgDump, programs } from './find.ts';
export { type KeyTest, testKey, wantedKey } from './gpg.ts';
export { atLeast, type BackupRecord, GRADES, type Grade } from './record.ts';
export { vouch } from './vouch.ts';
export { parseVouched } from './vouched.ts';
