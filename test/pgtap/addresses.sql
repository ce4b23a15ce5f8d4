--! Title: Addresses from headings, and who may ask for them

begin;

select plan(29);

-- Folding

select is(iu_core.fold_to_ascii(f.given), f.folded, quote_literal(f.given) || ' is folded')
  from (values ('Điều 1. Phạm vi điều chỉnh', 'DIEU-1-PHAM-VI-DIEU-CHINH'),
               (normalize('Quốc tịch', nfd),  'QUOC-TICH'),
               ('Straße, GROẞ',               'STRASSE-GROSS'),
               ('Ægir œuvre Þór ð Ħ ı ĸ ŁÓDŹ ŉ Ŋ Ø ŧ ſ',
                'AEGIR-OEUVRE-THOR-D-H-I-K-LODZ-N-N-O-T-S'),
               ('ﬁn Ｆｕｌｌ ５ ² Å',             'FIN-FULL-5-2-A'),
               ('1️⃣ – eins',                  '1-EINS'),
               ('第五条 ЗАКОН 👩🏽‍⚖️',            '')) as f (given, folded);

-- Segments

select is(iu_core.address_segment('Điều 5', 'DIEU-5', 3), 'DIEU-5', 'a label is the segment');
select is(iu_core.address_segment('第五条', null, 3), 'S-3', 'nothing left: the place');
select is(iu_core.address_segment(repeat('a', 40), null, 1), repeat('A', 40), '40 characters stay');
select is(iu_core.address_segment(repeat('a', 41), null, 1),
          repeat('A', 40) || '~' || left(iu_core.content_hash(repeat('a', 41)), 6),
          'a longer word is cut at 40, its hash after it');
select is(split_part(iu_core.address_segment(
                       repeat('a', 30) || ' ' || repeat('b', 9) || ' c', null, 1), '~', 1),
          repeat('A', 30) || '-' || repeat('B', 9), 'a word that fits exactly is kept');
select is(split_part(iu_core.address_segment(repeat('a', 30) || ' ' || repeat('b', 10), null, 1),
                     '~', 1),
          repeat('A', 30), 'one that does not is left out');

-- Patterns

select ok(iu_core.is_label_pattern(p), quote_literal(p) || ' is a pattern')
  from unnest(array['^§ (12[a-z]?)', '^(?:Art|Artikel) ([0-9]+)', '(?i)^section ([0-9]+)|x']) as p;
select ok(not iu_core.is_label_pattern(p), quote_literal(p) || ' is none')
  from unnest(array['^Art', '(a)(b)', '(a', '***=(a)', '']) as p;

-- Addresses, as each role that may ask

set local role iu_editor;
select results_eq(
  $$ select * from public.fn_iu_addresses(
       'DE-GG',
       '[{"title": "I. - Die Grundrechte"}, {"title": "Art 1", "parent": 0},
         {"title": "", "parent": 0}, {"title": "", "parent": 1}]',
       '[{"pattern": "^Art ([0-9]+)", "prefix": "ART", "at_root": true}]') $$,
  $$ values (0, 'I-DIE-GRUNDRECHTE', 'DE-GG/I-DIE-GRUNDRECHTE'),
            (1, 'ART-1',             'DE-GG/ART-1'),
            (2, 'S-1',               'DE-GG/I-DIE-GRUNDRECHTE/S-1'),
            (3, 'S-1',               'DE-GG/ART-1/S-1') $$,
  'one row per heading');
set local role cutter_exec;
select is_empty($$ select * from public.fn_iu_addresses('DE-GG', '[]') $$, 'no headings, no rows');
set local role context_pack_readonly;
select throws_ok($$ select * from public.fn_iu_addresses('de-gg', '[{"title": "Art 1"}]') $$,
                 'IU004', null, 'a bad prefix is refused');
select throws_ok($$ select * from public.fn_iu_addresses('DE-GG', '[{"title": 1}]') $$,
                 'IU004', null, 'and a title that is no text');
select throws_ok(
  $$ select * from public.fn_iu_addresses('DE-GG', '[]', '[{"pattern": "(", "prefix": "ART"}]') $$,
  'IU004', null, 'and a bad pattern');

set local role iu_operator;
select throws_ok($$ select * from public.fn_iu_addresses('DE-GG', '[]') $$,
                 '42501', null, 'an operator may not ask');
set local role iu_editor;
select throws_ok($$ select iu_core.fold_to_ascii('Art 1') $$,
                 '42501', null, 'and nobody the internals');
reset role;

select is(
  (select array_agg(s.segment order by s.index)
     from iu_core.address_segments(
            array['', 'S 1', 'S-2', '', 'S 1'], array_fill(null::integer, '{5}'),
            array_fill(null::text, '{5}')) as s),
  '{S-1,S-1~2,S-2,S-4,S-1~3}', 'a title that looks like a place is a repeat of it');

select * from finish();
rollback;
