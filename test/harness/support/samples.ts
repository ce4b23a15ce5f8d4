/** Small but true migrations: what the harness tests apply, invert and break. */
export const ARTICLES = {
  name: 'articles',
  up: `set local role workflow_admin;

create table public.article (
  number text not null,
  body   text not null,
  constraint article_pk primary key (number)
);
comment on table public.article is 'Articles of a constitution.';
grant select on public.article to context_pack_readonly;

reset role;`,
  down: `set local role workflow_admin;
drop table public.article;
reset role;`,
};

export const AMENDMENTS = {
  name: 'amendments',
  up: `set local role workflow_admin;

create table public.amendment (
  article text not null references public.article (number),
  made_on date not null
);
create function public.fn_article_count() returns bigint
language sql stable
begin atomic
  select count(*) from public.article;
end;

reset role;`,
  down: `set local role workflow_admin;
drop function public.fn_article_count();
drop table public.amendment;
reset role;`,
};

/** An index made without a transaction, with the check that says it is whole. */
export const INDEX = {
  name: 'article-index',
  headers:
    '--! NoTransaction\n--! PostCheck: select indisvalid from pg_catalog.pg_index where indexrelid = ' +
    "to_regclass('public.article_body_ix')\n",
  up: '--! no-transaction\ncreate unique index concurrently article_body_ix on public.article (body);',
  down: 'drop index public.article_body_ix;',
};
