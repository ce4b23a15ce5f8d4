import { describe, expect, test } from 'vitest';
import { servers } from '../support/index.ts';
import { runTests } from './support.ts';

const SCHEMA = `
create schema law;
create table law.article (number int primary key);
create function law.called() returns int language plpgsql as 'begin return 1; end';
create function law.raising() returns int language plpgsql as $$ begin raise exception 'no'; end $$;
create function law.never_called() returns int language plpgsql as 'begin return 1; end';
create function law.inlined(n int) returns int language sql immutable as 'select n + 1';
create function law.kept_whole() returns int language sql set search_path = law as 'select 1';
create function law.not_called_either() returns int language sql security definer as 'select 1';
create function law.on_write() returns trigger language plpgsql as 'begin return new; end';
create trigger on_write before insert on law.article for each row execute function law.on_write();
create procedure law.proclaim() language plpgsql as 'begin end';
create aggregate law.total(int) (sfunc = int4pl, stype = int);
`;

describe.each(servers)('$name: coverage', (server) => {
  test('says of each function whether a test called it, over all files, rolled back or not', async () => {
    const { coverage } = await runTests(
      server,
      {
        'a.sql': `begin; select plan(2);
          select is(law.called(), 1); select throws_ok('select law.raising()', 'P0001');
          create function law.made_by_the_test() returns int language plpgsql as 'begin return 1; end';
          select law.made_by_the_test();
          select * from finish(); rollback;`,
        'b.sql': `select plan(2);
          select is(law.called(), 1); insert into law.article values (1); call law.proclaim();
          select is(law.inlined(number) + law.kept_whole(), 3) from law.article;
          select * from finish();`,
      },
      { schema: SCHEMA },
    );
    const states = Object.fromEntries(coverage!.map(({ function: name, state }) => [name, state]));
    expect(states).toEqual({
      'law.called()': 'called',
      'law.raising()': 'raised',
      'law.never_called()': 'never',
      'law.inlined(integer)': 'not observable',
      'law.kept_whole()': 'called',
      'law.not_called_either()': 'never',
      'law.on_write()': 'called',
      'law.proclaim()': 'called',
      'law.total(integer)': 'not observable',
    });
    expect(coverage!.find(({ function: name }) => name === 'law.called()')!.calls).toBe(2);
  });
});
