import type { Delta } from './schema.ts';

/** The statements that bring the grants back to the matrix, as a script for psql. */
export function ddlScript(deltas: Delta[], database: string): string {
  const statements = deltas.filter(({ ddl }) => ddl !== null);
  const lines = [
    `-- The grants of database ${JSON.stringify(database)}, as deployment_grant_matrix has them.`,
  ];
  if (statements.length === 0) lines.push('-- Nothing to do: nothing is to be granted or revoked.');
  else lines.push('-- Run it as a member of workflow_admin, with psql -1 -v ON_ERROR_STOP=1 -f.');
  for (const one of statements) {
    const who = beyond(one);
    if (who) lines.push(`-- By ${who}:`);
    // A line break in an identifier would end a comment.
    lines.push(one.ddl!.startsWith('drop ') ? `-- ${one.ddl!.replace(/\s+/g, ' ')}` : one.ddl!);
  }
  for (const { object, object_type } of deltas.filter(({ ddl }) => ddl === null)) {
    lines.push(`-- No statement makes ${object_type} ${object.replace(/\s+/g, ' ')}: npm run iu -- migrate`);
  }
  return `${lines.join('\n')}\n`;
}

/** Who may run a statement that a member of workflow_admin may not. */
function beyond({ delta, object_type, object, ddl }: Delta): string | null {
  if (ddl!.startsWith('drop ')) return 'its owner, after a look at it, as it is none of ours';
  if (delta === 'wrong_owner') return 'its owner or a superuser';
  if (object_type === 'role') return 'a superuser, or a login with CREATEROLE that administers the role';
  if (object_type === 'schema' && object === 'public') return 'the owner of the schema or of the database';
  return null;
}
