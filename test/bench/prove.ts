/**
 * How `iu prove` grows with the suite, by hand: `node test/bench/prove.ts`. One run proves this project, and
 * generated projects of 4 and of 40 migrations (each with a table, a function, a view and a grant), with as
 * many runtime scripts and a quarter as many probes, server start included.
 */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { calculateHash } from 'graphile-migrate/dist/hash.js';
import { $ } from 'zx';

const ROOT = resolve(import.meta.dirname, '../..');

const up = (n: number) => `set local role workflow_admin;
create table public.law_${n} (number text, body text not null, constraint law_${n}_pk primary key (number));
comment on table public.law_${n} is 'Articles of law ${n}.';
create function public.fn_law_${n}(p_number text) returns text language sql stable
as $$ select l.body from public.law_${n} l where l.number = p_number $$;
create view public.v_law_${n} as select l.number from public.law_${n} l;
grant select on public.law_${n} to context_pack_readonly;
reset role;`;
const down = (n: number) => `--! Title: undo ${n}
--! Destroys: every row of public.law_${n}

set local role workflow_admin;
drop view public.v_law_${n};
drop function public.fn_law_${n}(text);
drop table public.law_${n};
reset role;
`;

function generate(size: number): string {
  const root = mkdtempSync(join(tmpdir(), 'iu-bench-'));
  const put = (file: string, text: string) => writeFileSync(join(root, file), text);
  for (const folder of ['migrations/committed', 'rollback', 'runtime', 'sandbox']) {
    mkdirSync(join(root, folder), { recursive: true });
  }
  copyFileSync(join(ROOT, 'migrations/roles.sql'), join(root, 'migrations/roles.sql'));
  let previous: string | null = null;
  for (let n = 1; n <= size; n++) {
    const hash = calculateHash(up(n), previous);
    const name = `${String(n).padStart(6, '0')}-law-${n}.sql`;
    put(
      `migrations/committed/${name}`,
      `--! Previous: ${previous ?? '-'}\n--! Hash: ${hash}\n--! Title: Law ${n}\n\n${up(n)}\n`,
    );
    put(`rollback/${name}`, down(n));
    previous = hash;
    const script = `${String(n).padStart(3, '0')}_law_${n}.sql`;
    const row = `insert into public.law_${n} values ('1', 'Human dignity shall be inviolable.') on conflict do nothing;`;
    put(`runtime/${script}`, `begin;\n${row}\ncommit;\n`);
    put(`rollback/${script}`, `begin;\ndelete from public.law_${n} where number = '1';\ncommit;\n`);
    if (n % 4 === 0)
      put(`sandbox/${script}`, `begin;\ninsert into public.law_${n} values ('2', 'Everyone.');\nrollback;\n`);
  }
  return root;
}

async function time(cwd: string): Promise<number> {
  const receipt = mkdtempSync(join(tmpdir(), 'iu-bench-receipt-'));
  const started = performance.now();
  await $({
    cwd,
    quiet: true,
  })`${process.execPath} ${join(ROOT, 'scripts/iu.ts')} prove --receipt ${receipt}`;
  rmSync(receipt, { recursive: true });
  return performance.now() - started;
}

const show = (name: string, milliseconds: number, more = '') =>
  console.log(`${name.padEnd(34)} ${(milliseconds / 1000).toFixed(1).padStart(6)} s${more}`);

show('this project', await time(ROOT));
let first = 0;
for (const size of [4, 40]) {
  const project = generate(size);
  const took = await time(project);
  rmSync(project, { recursive: true });
  first ||= took;
  show(
    `${size} migrations, ${size} scripts, ${size / 4} probes`,
    took,
    `  ${(took / first).toFixed(1)} × the first`,
  );
}
