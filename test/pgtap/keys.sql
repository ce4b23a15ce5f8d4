--! Title: Keys, addresses and hashes that units are made of

begin;

select plan(31);

-- Addresses

select ok(iu_core.is_address(a), a || ' is an address')
  from unnest(array['DE-GG/ART-1', 'VN-HP-2013/DIEU-5', 'US-CONST/AMD-1~2',
                    'HANDBOOK/SECTION-TRAVEL~0a1b2c/P-1']) as a;
select ok(not iu_core.is_address(a), quote_literal(a) || ' is none')
  from unnest(array['DE-GG', 'de-gg/art-1', 'DE-GG/ART--1', 'DE-GG/', '-GG/ART-1', 'DE-GG/ART 1']) as a;

-- Hashes

select is(iu_core.content_hash('Điều 5'), encode(sha256(convert_to('Điều 5', 'UTF8')), 'hex'),
          'a hash is over the UTF-8 bytes');

-- Sort keys

select is(array(select iu_core.sort_key_at(n) from unnest(array[0, 1, 61, 62, 3844]) as n),
          array['a0', 'a1', 'az', 'b10', 'c100'], 'sort keys count to base 62');
select is_empty(
  $$ select n from generate_series(0, 5000) as n
      where iu_core.sort_key_ordinal(iu_core.sort_key_at(n)) <> n
         or iu_core.sort_key_at(n) collate "C" >= iu_core.sort_key_at(n + 1) collate "C" $$,
  'they read back, and sort as their numbers do');
select is(iu_core.sort_key_ordinal('a1V'), 1::bigint, 'a fraction is left out');

select is(array(select iu_core.sort_keys_between(b.after, b.before, b.count)), b.keys,
          format('%s between %s and %s', b.count, coalesce(b.after, 'the front'),
                 coalesce(b.before, 'the end')))
  from (values (null,  null,   3, '{a1,a2,a3}'::text[]),
               ('az',  null,   2, '{b10,b11}'),
               ('a1V', null,   1, '{a2}'),
               ('a1',  'a5',   3, '{a2,a3,a4}'),
               ('a1',  'a2',   3, '{a1F,a1V,a1k}'),
               (null,  'a1',   1, '{a0V}'),
               (null,  'a0V',  1, '{a0U}'),
               ('a1V', 'a2',   1, '{a1W}'),
               ('a1',  'a11',  1, '{a10zz}'),
               ('a1z', 'a2',   1, '{a1z01}'),
               ('a1',  'a2',   0, '{}')) as b (after, before, count, keys);
select ok(not iu_core.is_sort_key(k), k || ' is no sort key')
  from unnest(array['a10', 'b01']) as k;
select throws_ok($$ select iu_core.sort_keys_between('a2', 'a1V', 1) $$, 'IU004', null,
                 'what is not in order is refused');
select throws_ok($$ select iu_core.sort_keys_between(null, 'a0', 1) $$, 'IU004', null,
                 'nothing sorts before a0');

-- Keys

select matches(iu_core.uuid_v7()::text, '^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab]',
               'a key is a version 7 UUID');
select cmp_ok(
  abs(extract(epoch from clock_timestamp()) * 1000
      - ('x' || left(replace(iu_core.uuid_v7()::text, '-', ''), 12))::bit(48)::bigint),
  '<', 5000::numeric, 'its first 48 bits are the time');

select * from finish();
rollback;
