-- The rules that a source is pinned under. $1: its version.
select p.name, p.version, p.canonical
  from cutter_governance.source_version s
  join cutter_governance.cut_profile p
    on p.name = s.profile_name and p.version = s.profile_version
 where s.id = $1
