import { IuError } from '../report/index.ts';

/** What the file holds makes it unfit to be cut (exit 1): what was found, where, and the next step. */
export function refused(code: string, message: string, file: string, next: string): IuError {
  return new IuError('finding', { code, message, file, next });
}

/** What was asked for cannot be (exit 2). */
export function misused(code: string, message: string, next: string, detail?: string): IuError {
  return new IuError('usage', { code, message, next, detail });
}
