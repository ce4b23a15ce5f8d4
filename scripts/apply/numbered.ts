import type { SqlFile } from '../sql/index.ts';

/** A numbered file with the files that belong to it. `null` where a file is missing (and a finding says so). */
export interface Numbered {
  number: number;
  /** File name without `.sql`: `000001-core`, `002_vocabulary`. */
  name: string;
  file: SqlFile;
  rollback: SqlFile | null;
  verify: SqlFile | null;
}
