export { compareDigests, type Digests } from './digest.ts';
export { parseSqlBytes, readSqlFile, type SqlFile, type Statement } from './file.ts';
export type { FileKind, HeaderKey, Headers } from './keys.ts';
export { type ConcurrentIndex, type CreatedObject, createdConcurrently, createdObjects } from './objects.ts';
export { loadParser } from './parser.ts';
export { serverError } from './server-error.ts';
export { checkShape } from './shape.ts';
export { type Snippet, snippet } from './snippet.ts';
