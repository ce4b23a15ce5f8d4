--! Title: Undo: information units and their versions
--! Destroys: all rows of information_unit, unit_version, canonical_address_alias

select iu_core.forget_errors('{IU020,IU021,IU022}');

select iu_core.release_table('public.canonical_address_alias');
select iu_core.release_table('public.unit_version');
select iu_core.release_table('public.information_unit');

set local role workflow_admin;

drop function public.fn_iu_get(text);
drop function public.fn_iu_addresses(text, jsonb, jsonb);
drop function iu_core.assert_address_arguments(text, jsonb, jsonb);
drop function iu_core.refuse_indexes(text, integer[], text);
drop function iu_core.label_headings(text[], jsonb);
drop function iu_core.bad_headings(jsonb);
drop function iu_core.bad_label_rules(jsonb);
drop function iu_core.is_label_pattern(text);
drop function iu_core.label_text(text);
drop function iu_core.address_segments(text[], integer[], text[]);
drop function iu_core.address_segment(text, text, bigint);
drop function iu_core.fold_to_ascii(text);
drop function public.fn_iu_create(text, text, text, text, text, text, text, text);
drop function public.fn_iu_create_many(jsonb, text);
drop function iu_core.place_unit_specs(iu_core.unit_spec[]);
drop function iu_core.judge_unit_specs(iu_core.unit_spec[]);
drop function iu_core.resolve_parent_aliases(iu_core.unit_spec[]);
drop function iu_core.read_unit_specs(jsonb);
drop function iu_core.last_sort_key(text, uuid);
drop function iu_core.sort_key_ordinal(text);
drop function iu_core.sort_key_at(bigint);
drop type     iu_core.unit_spec;
drop function public.fn_iu_alias_add(text, text, text, text);
drop function iu_core.lock_unit(text);
drop function iu_core.live_unit(text);
drop function iu_core.find_unit(text);
drop function iu_core.find_units(text[]);
drop function iu_core.lock_documents(text[]);
drop table    public.canonical_address_alias;
alter table   public.information_unit
  drop constraint information_unit_draft_version_fk,
  drop constraint information_unit_enacted_version_fk;
drop table    public.unit_version;
drop table    public.information_unit;
drop function iu_core.keep_unit_identity();
drop function iu_core.is_address(text);
drop function iu_core.content_hash(text);

reset role;
