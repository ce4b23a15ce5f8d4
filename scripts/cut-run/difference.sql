-- The units of a document beside the pieces of a manifest, one row for each address. $1: the prefix; $2: the pieces,
-- [{address, position, title, sha256}]. The text of a unit is that of its draft or else of its version in force, as
-- in fn_iu_tree. change: new · same · changed (what, in fields) · gone: not in the manifest · taken: the address
-- names a unit of which nothing counts any more, or is another name of one · spent: such a unit, not in the manifest.
with piece as (
  select p.address collate "C" as address, p.position, p.title, p.sha256
    from pg_catalog.jsonb_to_recordset($2::jsonb)
         as p (address text, position integer, title text, sha256 text)
), live as (
  select u.canonical_address as address, u.id as unit_id, u.lifecycle_status, v.id as version_id,
         u.deleted_at is null and v.id is not null as counts, v.title, v.body,
         encode(sha256(convert_to(v.body, 'UTF8')), 'hex') as sha256
    from public.information_unit u
    left join public.unit_version v
           on v.id = coalesce(u.draft_version_ref, u.enacted_version_ref)
   where u.doc_code = $1
), beside as (
  select coalesce(p.address, l.address) as address, p.position, a.unit_id as alias_of,
         p.title as new_title, p.sha256 as new_sha256,
         l.unit_id, l.version_id, l.lifecycle_status, l.counts, l.title, l.body, l.sha256,
         p.address is not null as is_piece, l.address is not null as is_unit
    from piece p
    full join live l on l.address = p.address
    left join public.canonical_address_alias a on a.alias = p.address
)
select b.address, b.position,
       case when not b.is_unit and b.alias_of is null then 'new'
            when not b.is_piece then case when b.counts then 'gone' else 'spent' end
            when b.alias_of is not null or not b.counts then 'taken'
            when b.title = b.new_title and b.sha256 = b.new_sha256 then 'same'
            else 'changed'
       end as change,
       array_remove(array[case when b.is_piece and b.counts and b.title <> b.new_title then 'title' end,
                          case when b.is_piece and b.counts and b.sha256 <> b.new_sha256 then 'body' end],
                    null) as fields,
       b.new_title, b.new_sha256, coalesce(b.unit_id, b.alias_of) as unit_id, b.version_id,
       b.lifecycle_status, b.title as live_title, b.sha256 as live_sha256, b.body as live_body
  from beside b
 order by b.position nulls last, b.address
