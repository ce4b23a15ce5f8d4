select '%kind%', count(*), coalesce(sum(hashtextextended(t collate "C", 1)), 0),
       coalesce(sum(hashtextextended(t collate "C", 2)), 0)
  -- offset 0: the row's text is made once and hashed twice
  from (select f::text as t from (%facts%) as f offset 0) as x
