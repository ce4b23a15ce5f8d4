import { z } from 'zod';

/** The one JSON shape of every verb (docs/FORMATS.md). `items` differ by verb, everything else does not. */
export const finding = z.strictObject({
  code: z.string().regex(/^[a-z0-9_]+$/),
  message: z.string().min(1),
  file: z.string().optional(),
  object: z.string().optional(),
  next: z.string().optional(),
  detail: z.string().optional(),
});

export const report = z.strictObject({
  verb: z.string(),
  verdict: z.string(),
  exit: z.int().min(0).max(255),
  target: z.record(z.string(), z.unknown()).nullable(),
  startedAt: z.iso.datetime(),
  seconds: z.number().min(0),
  items: z.array(z.record(z.string(), z.unknown())),
  findings: z.array(finding),
  receipt: z.string().optional(),
});

export type Report = z.infer<typeof report>;
