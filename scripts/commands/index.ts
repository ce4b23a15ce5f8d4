import { commit, uncommit } from './commit.ts';
import { migrate } from './migrate.ts';
import { prove } from './prove.ts';
import { rollback } from './rollback.ts';
import { seal } from './seal.ts';
import { status } from './status.ts';
import type { Verb } from './verb.ts';

/** Every verb of `iu`, in the order in which the help lists them. */
export const verbs: Verb[] = [prove, status, migrate, rollback, seal, commit, uncommit];
