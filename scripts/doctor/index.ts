export type { Check } from './check.ts';
export { ddlScript } from './ddl.ts';
export { type Examined, examine, verdict } from './examine.ts';
export { tools } from './tools.ts';
