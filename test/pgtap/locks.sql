--! Title: The two locks: direct writes refused, ledgers and identities immutable, tables put under them

begin;

select plan(27);

select lives_ok(
  $$ select public.fn_iu_create('DE-GG/ART-79', 'Art 79', 'Eine Änderung dieses Grundgesetzes ist '
                                'unzulässig, soweit sie die in den Artikeln 1 und 20 '
                                'niedergelegten Grundsätze berührt.',
                                'test/pgtap/locks', 'law_unit', 'article') $$,
  'there is a unit to attack');

-- Lock 1, against a superuser

select throws_ok(format('insert into %s default values', t), 'IU001', null, t || ' refuses INSERT')
  from unnest(array['public.information_unit', 'public.unit_version', 'public.dot_config']) as t;
select throws_ok($$ update public.information_unit set owner_ref = 'somebody else' $$,
                 'IU001', null, 'UPDATE is refused');
select throws_ok($$ delete from public.unit_version $$, 'IU001', null, 'DELETE is refused');
select throws_ok($$ truncate public.iu_gate_transition $$, 'IU001', null, 'TRUNCATE is refused');
select throws_ok(
  $$ merge into public.dot_config c using public.dot_config o on c.key = o.key
       when matched then update set value = 'true' $$,
  'IU001', null, 'MERGE is refused');
select throws_ok($$ update public.unit_version set body = '' where false $$,
                 'IU001', null, 'and so is what would change no row');

set local role workflow_admin;
select throws_ok($$ delete from public.information_unit $$,
                 'IU001', null, 'SET ROLE workflow_admin does not help');
reset role;

set local role iu_editor;
select throws_ok($$ delete from public.information_unit $$,
                 '42501', null, 'an editor has no right to write at all');
reset role;

select ok(bool_and(c.ok), 'every governed table says so itself') from iu_core.check_locks() as c;
select is_empty(
  $$ select c.oid::regclass
       from pg_class c
      where c.relowner = 'workflow_admin'::regrole
        and c.relkind in ('r', 'p')
        and c.relnamespace in ('public'::regnamespace, 'iu_core'::regnamespace)
        and not exists (
              select from pg_trigger t
               where t.tgrelid = c.oid and t.tgfoid = 'iu_core.refuse_direct_write'::regproc) $$,
  'no table of ours is without it');

-- Lock 2, against the owner's own functions

create function pg_temp.as_owner(p_statement text)
returns void
language plpgsql
security definer
as $$ begin execute p_statement; end $$;
alter function pg_temp.as_owner(text) owner to workflow_admin;

select throws_ok(
  format('select pg_temp.as_owner(%L)', s), 'IU002', null, s || ' is refused to the owner')
  from unnest(array[
         'update public.unit_version set body = title',
         'delete from public.unit_version',
         'truncate public.unit_version cascade',
         'update public.information_unit set canonical_address = ''DE-GG/ART-80''',
         'delete from public.information_unit']) as s;
select lives_ok(
  $$ select pg_temp.as_owner('update public.information_unit set owner_ref = ''Referat V A 2''') $$,
  'what may change the owner''s functions can change');

-- Putting a table under the locks, as a migration does

set local role workflow_admin;
create table public.treaty_index (title text);
reset role;
select lives_ok($$ select iu_core.protect_table('public.treaty_index', 'ledger', 'fn_treaty_add()') $$,
                'a new ledger is protected');
select throws_ok($$ insert into public.treaty_index values ('Vertrag von Lissabon') $$,
                 'IU001', 'IU001 direct_write: INSERT on public.treaty_index is refused',
                 'then it refuses direct writes');
select ok((select c.ok from iu_core.check_locks() as c
            where c.scenario like '%treaty_index%'), 'and says so');
select lives_ok($$ select iu_core.release_table('public.treaty_index') $$, 'it is released');
select is_empty($$ select from iu_core.check_locks() as c where c.scenario like '%treaty_index%' $$,
                'then nothing is said of it');

-- Errors, as data

select lives_ok(
  $$ select iu_core.register_errors('[{"code": "IU999", "name": "treaty_unknown",
                                       "problem": "No such treaty.", "next_step": "Look again."}]') $$,
  'an error code is registered');
select throws_ok($$ select iu_core.raise_error('IU999', 'Vertrag von Prüm', '{}') $$,
                 'IU999', 'IU999 treaty_unknown: Vertrag von Prüm', 'and raised');
select lives_ok($$ select iu_core.forget_errors('{IU999}') $$, 'and forgotten');

select * from finish();
rollback;
