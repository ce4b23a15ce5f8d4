--! Title: Take the settings of cuts out again; their history stays

begin;

select * from iu_core.forget_settings(
                '{cutter.max_units,cutter.reserved_prefixes}', 'rollback/012_cut_settings');

commit;
