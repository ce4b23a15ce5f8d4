import type { Identity } from '../postgres/index.ts';

/** What a backup has been proven to be, best first. */
export const GRADES = ['restored', 'listed', 'vouched'] as const;

export type Grade = (typeof GRADES)[number];

/** A file of a backup as it is stored. */
export interface StoredFile {
  file: string;
  bytes: number;
  sha256: string;
}

/** The tables of a database, in short: how many, how many rows, and one digest over every table's own. */
export interface DataSummary {
  tables: number;
  rows: number;
  digest: string;
}

/** What `backup.json` says of a backup; docs/iu-backup.md explains each field. */
export interface BackupRecord {
  format: 'iu-backup/1';
  mechanism: 'pg_dump' | 'cold copy' | 'pgbackrest' | 'wal-g' | 'barman';
  grade: Grade;
  /** Why no better grade was reached; null at the best. */
  why: string | null;
  server: Identity;
  /** The program that made it, in its own words. */
  program: string;
  startedAt: string;
  finishedAt: string;
  file: string | null;
  bytes: number | null;
  sha256: string | null;
  /** The key it is encrypted to; null: it is not encrypted. */
  fingerprint: string | null;
  roles: StoredFile | null;
  /** The exported snapshot under which rows were dumped and digested. */
  snapshot: string | null;
  seal: string | null;
  data: DataSummary | null;
  /** Entries of the archive's table of contents. */
  entries: number | null;
  /** Where it was restored and compared. */
  restoredOn: string | null;
  /** What the comparison leaves out, in plain words. */
  notCompared: string[];
  /** How to restore it, in this order. */
  restore: string[];
}

/** Whether `reached` is at least as good as `wanted`. */
export const atLeast = (reached: Grade, wanted: Grade): boolean =>
  GRADES.indexOf(reached) <= GRADES.indexOf(wanted);

/** A record as it stands in backup.json. */
export const recordText = (record: BackupRecord): string => `${JSON.stringify(record, null, 2)}\n`;
