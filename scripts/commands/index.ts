import type { Verb } from './verb.ts';

/** Every verb of `iu`, in the order in which the help lists them; loaded when asked for, as each needs other libraries. */
export const verbs: Record<string, () => Promise<Verb>> = {
  prove: async () => (await import('./prove.ts')).prove,
  rehearse: async () => (await import('./rehearse.ts')).rehearse,
  probe: async () => (await import('./probe.ts')).probe,
  test: async () => (await import('./test.ts')).test,
  status: async () => (await import('./status.ts')).status,
  doctor: async () => (await import('./doctor.ts')).doctor,
  migrate: async () => (await import('./migrate.ts')).migrate,
  rollback: async () => (await import('./rollback.ts')).rollback,
  cut: async () => (await import('./cut.ts')).cut,
  gate: async () => (await import('./gate.ts')).gate,
  worker: async () => (await import('./worker.ts')).worker,
  seal: async () => (await import('./seal.ts')).seal,
  backup: async () => (await import('./backup.ts')).backup,
  receipt: async () => (await import('./receipt.ts')).receipt,
  commit: async () => (await import('./commit.ts')).commit,
  uncommit: async () => (await import('./commit.ts')).uncommit,
};
