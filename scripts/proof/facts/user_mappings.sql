-- User mappings. The options hold passwords: of a value only 16 bits of its hash are told, enough
-- to see that it changed and too few to confirm a guess. The view hides the options from who may
-- not read them.
select 'user mapping ' || quote_ident(m.usename)
         || ' on server ' || quote_ident(m.srvname)                               as object,
       (select string_agg(split_part(o, '=', 1) || '=#'
                            || left(encode(sha256(convert_to(o, 'UTF8')), 'hex'), 4), ', '
                          order by o collate "C")
          from unnest(m.umoptions) o)                                                     as options
  from pg_user_mappings m;
