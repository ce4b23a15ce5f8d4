--! Title: Take the profiles out again; one by which a document was pinned stays

begin;

select * from iu_core.forget_profiles('{law,law-text,markdown,markdown-blocks,text}');

commit;
