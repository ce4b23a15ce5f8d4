import { backup } from './backup.ts';
import { commit, uncommit } from './commit.ts';
import { cut } from './cut.ts';
import { doctor } from './doctor.ts';
import { gate } from './gate.ts';
import { migrate } from './migrate.ts';
import { probe } from './probe.ts';
import { prove } from './prove.ts';
import { receipt } from './receipt.ts';
import { rehearse } from './rehearse.ts';
import { rollback } from './rollback.ts';
import { seal } from './seal.ts';
import { status } from './status.ts';
import { test } from './test.ts';
import type { Verb } from './verb.ts';
import { worker } from './worker.ts';

/** Every verb of `iu`, in the order in which the help lists them. */
export const verbs: Verb[] = [
  prove,
  rehearse,
  probe,
  test,
  status,
  doctor,
  migrate,
  rollback,
  cut,
  gate,
  worker,
  seal,
  backup,
  receipt,
  commit,
  uncommit,
];
