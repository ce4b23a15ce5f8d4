--! Title: Remove the unit kinds and section types again; refused (IU025) while a unit uses one

begin;

select public.fn_iu_vocabulary_remove(
         'section_type',
         '{heading,section,article,paragraph,definition,principle,process,governance_process,
           instruction_block,checklist,technical_spec,appendix,changelog}',
         'rollback/002_vocabulary');

select public.fn_iu_vocabulary_remove(
         'unit_kind', '{law_unit,design_doc_section}', 'rollback/002_vocabulary');

commit;
