--! Title: Register the unit kinds and section types
--! Requires: 001_roles_check
--! Verify: runtime/004_verification.sql

begin;

select public.fn_iu_vocabulary_set('unit_kind', $entries$[
  {"code": "law_unit",           "name": "Law",    "sort_order": 10,
   "description": "A piece of a law, constitution, decree or regulation."},
  {"code": "design_doc_section", "name": "Design", "sort_order": 20,
   "description": "A piece of a design document, policy or handbook."}
]$entries$, 'runtime/002_vocabulary');

select public.fn_iu_vocabulary_set('section_type', $entries$[
  {"code": "heading",            "name": "Heading",            "sort_order": 10,
   "description": "A title, part or chapter that only holds others."},
  {"code": "section",            "name": "Section",            "sort_order": 20,
   "description": "A numbered or titled section."},
  {"code": "article",            "name": "Article",            "sort_order": 30,
   "description": "An article of a law (Article 5, Art 1, Điều 5)."},
  {"code": "paragraph",          "name": "Paragraph",          "sort_order": 40,
   "description": "A paragraph or clause of an article or section."},
  {"code": "definition",         "name": "Definition",         "sort_order": 50,
   "description": "What a term means in this document."},
  {"code": "principle",          "name": "Principle",          "sort_order": 60,
   "description": "A rule that others are read by."},
  {"code": "process",            "name": "Process",            "sort_order": 70,
   "description": "How something is done, in steps."},
  {"code": "governance_process", "name": "Governance process", "sort_order": 80,
   "description": "How something is decided and by whom."},
  {"code": "instruction_block",  "name": "Instruction",        "sort_order": 90,
   "description": "What a reader or an agent is to do."},
  {"code": "checklist",          "name": "Checklist",          "sort_order": 100,
   "description": "Points to be ticked off."},
  {"code": "technical_spec",     "name": "Technical spec",     "sort_order": 110,
   "description": "Exact requirements, formats and values."},
  {"code": "appendix",           "name": "Appendix",           "sort_order": 120,
   "description": "An annex, schedule or form at the end."},
  {"code": "changelog",          "name": "Changelog",          "sort_order": 130,
   "description": "What changed from edition to edition."}
]$entries$, 'runtime/002_vocabulary');

select * from public.fn_iu_check_vocabulary();

-- A failed row stops the script here.
select iu_core.assert_no_failure(
         array(select c.scenario || ': ' || c.detail
                 from public.fn_iu_check_vocabulary() as c
                where c.ok is not true));

commit;
