export { type Database, freshDatabase, oneServer, ownServer, query, servers } from './database.ts';
export { type IuRun, iu, startIu } from './iu.ts';
export { login } from './logins.ts';
export { type Files, makeProject, migrationFile, REAL_PROJECT } from './project.ts';
export { AMENDMENTS, ARTICLES, INDEX } from './samples.ts';
export type { TestServer } from './servers.ts';
export { until } from './until.ts';
