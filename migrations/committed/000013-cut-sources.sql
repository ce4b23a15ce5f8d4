--! Previous: sha1:c1690da5960bef277dc73aeb523dfd9d6d6d7117
--! Hash: sha1:13e8d7bcc492432a5d0ad8618e598c5aa7419b46
--! Message: cut sources
--! Title: Sources of cuts: profiles, documents, pinned versions

--! split: 1-current.sql
set local role workflow_admin;

create table cutter_governance.cut_profile (
  name          text collate "C" not null,
  version       integer          not null,
  sha256        text collate "C" not null,
  canonical     text             not null,
  description   text             not null,
  registered_at timestamptz      not null,
  registered_by text             not null,
  login         text             not null,
  constraint cut_profile_pk         primary key (name, version),
  constraint cut_profile_sha256_uq  unique (sha256),
  constraint cut_profile_name_ck    check (name ~ '^[a-z][a-z0-9-]{0,62}$'),
  constraint cut_profile_version_ck check (version > 0),
  constraint cut_profile_sha256_ck  check (sha256 = iu_core.content_hash(canonical))
);

comment on table  cutter_governance.cut_profile               is
  'The rules that cut documents into pieces, by version. A version never changes.';
comment on column cutter_governance.cut_profile.name          is 'As iu cut --profile takes it.';
comment on column cutter_governance.cut_profile.version       is
  'From 1; goes up with every change of the rules.';
comment on column cutter_governance.cut_profile.sha256        is
  'Of canonical, in hex; stands in every manifest that the rules made.';
comment on column cutter_governance.cut_profile.canonical     is
  'The rules: canonical JSON (RFC 8785) of what docs/iu-cut.md describes.';
comment on column cutter_governance.cut_profile.description   is 'Which documents it is for.';
comment on column cutter_governance.cut_profile.registered_at is 'clock_timestamp().';
comment on column cutter_governance.cut_profile.registered_by is
  'Who, as stated by the caller.';
comment on column cutter_governance.cut_profile.login         is
  'session_user, as seen by the server.';

--! Included functions/iu_core/is_prefix.sql
create or replace function iu_core.is_prefix(p_prefix text)
returns boolean
language sql
immutable
strict
parallel safe
return p_prefix collate "C" ~ '^[A-Z0-9][A-Z0-9-]{1,30}[A-Z0-9]$';

comment on function iu_core.is_prefix(text) is
  'True for what a document''s addresses may begin with; see iu_core.is_address.';
--! EndIncluded functions/iu_core/is_prefix.sql

create table cutter_governance.source_document (
  id              uuid             not null,
  doc_prefix      text collate "C" not null,
  title           text,
  authority_class text,
  owner_ref       text             not null,
  created_at      timestamptz      not null,
  created_by      text             not null,
  updated_at      timestamptz      not null,
  updated_by      text             not null,
  constraint source_document_pk           primary key (id),
  constraint source_document_prefix_uq    unique (doc_prefix),
  constraint source_document_prefix_ck    check (iu_core.is_prefix(doc_prefix)),
  constraint source_document_authority_ck
    check (authority_class in ('authoritative', 'non_authoritative'))
);

comment on table  cutter_governance.source_document                 is
  'The documents that are cut.';
comment on column cutter_governance.source_document.id              is 'iu_core.uuid_v7().';
comment on column cutter_governance.source_document.doc_prefix      is
  'What the addresses of its units begin with: doc_code of information_unit.';
comment on column cutter_governance.source_document.title           is
  'Its name for people; null: not stated.';
comment on column cutter_governance.source_document.authority_class is
  'authoritative: others rely on its text; non_authoritative: it carries no weight; null: not '
  'stated, and a live cut is not ready.';
comment on column cutter_governance.source_document.owner_ref       is
  'Who owns it and the units cut from it.';
comment on column cutter_governance.source_document.created_at      is 'clock_timestamp().';
comment on column cutter_governance.source_document.created_by      is
  'Who, as stated by the caller.';
comment on column cutter_governance.source_document.updated_at      is
  'clock_timestamp() of the latest change.';
comment on column cutter_governance.source_document.updated_by      is
  'Who changed it last, as stated by the caller.';

create table cutter_governance.source_version (
  id              uuid             not null,
  document_id     uuid             not null,
  sha256          text collate "C" not null,
  bytes           bigint           not null,
  encoding        text             not null,
  byte_order_mark boolean          not null,
  lines           integer          not null,
  line_endings    jsonb            not null,
  origin          text             not null,
  profile_name    text collate "C" not null,
  profile_version integer          not null,
  content         bytea,
  pinned_at       timestamptz      not null,
  pinned_by       text             not null,
  login           text             not null,
  constraint source_version_pk          primary key (id),
  constraint source_version_sha256_uq   unique (document_id, sha256),
  constraint source_version_sha256_ck   check (sha256 ~ '^[0-9a-f]{64}$'),
  constraint source_version_bytes_ck    check (bytes > 0 and bytes = length(content)),
  constraint source_version_encoding_ck check (encoding = 'utf-8'),
  constraint source_version_document_fk
    foreign key (document_id) references cutter_governance.source_document (id),
  constraint source_version_profile_fk
    foreign key (profile_name, profile_version)
    references cutter_governance.cut_profile (name, version)
);

-- Read in slices, piece by piece: compressed, each slice would unpack all before it.
alter table cutter_governance.source_version alter column content set storage external;

comment on table  cutter_governance.source_version                 is
  'The bytes that a document had: the chain from a unit to its source ends here. Insert-only.';
comment on column cutter_governance.source_version.id              is 'iu_core.uuid_v7().';
comment on column cutter_governance.source_version.document_id     is 'The document.';
comment on column cutter_governance.source_version.sha256          is 'Of the bytes, in hex.';
comment on column cutter_governance.source_version.bytes           is 'How many there are.';
comment on column cutter_governance.source_version.encoding        is 'utf-8, which they are.';
comment on column cutter_governance.source_version.byte_order_mark is
  'Whether they begin with one.';
comment on column cutter_governance.source_version.lines           is
  'How many lines they have; LF, CRLF and a lone CR end one.';
comment on column cutter_governance.source_version.line_endings    is
  '{lf, crlf, cr}: how many lines end with each.';
comment on column cutter_governance.source_version.origin          is
  'The path or URL they came from, as given.';
comment on column cutter_governance.source_version.profile_name    is
  'The rules that cut them.';
comment on column cutter_governance.source_version.profile_version is
  'The version of those rules.';
comment on column cutter_governance.source_version.content         is
  'The bytes; null where whoever pinned them chose not to keep them here.';
comment on column cutter_governance.source_version.pinned_at       is 'clock_timestamp().';
comment on column cutter_governance.source_version.pinned_by       is
  'Who, as stated by the caller.';
comment on column cutter_governance.source_version.login           is
  'session_user, as seen by the server.';

grant select on cutter_governance.cut_profile, cutter_governance.source_document,
                cutter_governance.source_version
   to cutter_exec, cutter_verify, cutter_approver, iu_operator, context_pack_readonly;

--! Included functions/iu_core/read_json.sql
create or replace function iu_core.read_json(p_text text)
returns jsonb
language plpgsql
immutable
strict
set search_path = pg_catalog, pg_temp
as $$
begin
  return p_text::jsonb;
exception
  when invalid_text_representation or untranslatable_character then return null;
end
$$;

comment on function iu_core.read_json(text) is
  'The text as jsonb, or null where it is no JSON that the server can hold.';
--! EndIncluded functions/iu_core/read_json.sql

--! Included functions/iu_core/source_facts.sql
create or replace function iu_core.source_facts(p_content bytea)
returns jsonb
language plpgsql
immutable
strict
set search_path = pg_catalog, pg_temp
as $$
declare
  v_text  text    := convert_from(p_content, 'UTF8');
  v_crlf  integer := (length(v_text) - length(replace(v_text, chr(13) || chr(10), ''))) / 2;
  v_lf    integer := length(v_text) - length(replace(v_text, chr(10), '')) - v_crlf;
  v_cr    integer := length(v_text) - length(replace(v_text, chr(13), '')) - v_crlf;
begin
  return jsonb_build_object(
    'bytes',           length(p_content),
    'sha256',          encode(sha256(p_content), 'hex'),
    'encoding',        'utf-8',
    'byte_order_mark', starts_with(v_text, chr(65279)),
    'lines',           v_crlf + v_lf + v_cr + (right(v_text, 1) not in (chr(10), chr(13)))::integer,
    'line_endings',    jsonb_build_object('lf', v_lf, 'crlf', v_crlf, 'cr', v_cr));
end
$$;

comment on function iu_core.source_facts(bytea) is
  'What a manifest says of its source: {bytes, sha256, encoding, byte_order_mark, lines, '
  'line_endings: {lf, crlf, cr}}, counted in the bytes themselves. Fails with SQLSTATE 22021 on '
  'what is no UTF-8 or has a NUL.';
--! EndIncluded functions/iu_core/source_facts.sql

--! Included functions/fn_cut_profile_set.sql
create or replace function public.fn_cut_profile_set(p_canonical text, p_actor text)
returns jsonb
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_sha256  text := iu_core.content_hash(p_canonical);
  v_profile jsonb;
  v_known   cutter_governance.cut_profile;
begin
  perform iu_core.begin_write();
  perform iu_core.assert_given(
    jsonb_build_object('p_canonical', p_canonical, 'p_actor', p_actor));
  v_profile := iu_core.read_json(p_canonical);
  if (v_profile ->> 'format' = 'iu-cut-profile/1'
      and v_profile ->> 'name' ~ '^[a-z][a-z0-9-]{0,62}$'
      and v_profile ->> 'version' ~ '^[1-9][0-9]{0,8}$'
      and v_profile ->> 'description' ~ '[^[:space:]]'
      and jsonb_typeof(v_profile -> 'labels') = 'array') is not true
  then
    perform iu_core.raise_error(
      'IU004',
      'p_canonical is the canonical JSON of a profile: format iu-cut-profile/1, name, version, '
      'description, labels',
      jsonb_build_object('arguments', array['p_canonical']));
  end if;

  insert into cutter_governance.cut_profile
         (name, version, sha256, canonical, description, registered_at, registered_by, login)
  values (v_profile ->> 'name', (v_profile ->> 'version')::integer, v_sha256, p_canonical,
          v_profile ->> 'description', clock_timestamp(), p_actor, session_user)
  on conflict on constraint cut_profile_pk do nothing;
  if found then
    perform iu_core.emit_events(
      array[iu_core.fact(
        'cut', 'profile_registered', 'cutter_governance.cut_profile', v_profile ->> 'name', null,
        jsonb_build_object('name', v_profile ->> 'name', 'sha256', v_sha256,
                           'version', (v_profile ->> 'version')::integer))],
      p_actor, iu_core.uuid_v7());
    return jsonb_build_object('status', 'registered', 'name', v_profile ->> 'name', 'version',
                              (v_profile ->> 'version')::integer, 'sha256', v_sha256);
  end if;

  select p.* into v_known
    from cutter_governance.cut_profile p
   where p.name = v_profile ->> 'name' and p.version = (v_profile ->> 'version')::integer;
  if v_known.sha256 <> v_sha256 then
    perform iu_core.raise_error(
      'IU068',
      format('profile %s %s is registered with other rules', v_known.name, v_known.version),
      jsonb_build_object('name', v_known.name, 'version', v_known.version,
                         'registered_sha256', v_known.sha256, 'sha256', v_sha256));
  end if;
  return jsonb_build_object('status', 'exists', 'name', v_known.name, 'version', v_known.version,
                            'sha256', v_sha256);
end
$$;

comment on function public.fn_cut_profile_set(text, text) is
  'Registers a version of a profile, the rules that cut documents. p_canonical: its canonical JSON '
  '(RFC 8785), as docs/iu-cut.md describes it; the sha256 of that text is the profile''s. A version '
  'is registered once and never changes. Returns {status: registered | exists, name, version, '
  'sha256}. Emits cut.profile_registered. Refuses with IU068 other rules under a name and version that are registered, IU004 what '
  'is no profile, IU003 another isolation. For iu_operator.';

revoke all     on function public.fn_cut_profile_set(text, text) from public;
grant  execute on function public.fn_cut_profile_set(text, text) to iu_operator;
--! EndIncluded functions/fn_cut_profile_set.sql

--! Included functions/iu_core/forget_profiles.sql
create or replace function iu_core.forget_profiles(p_names text[])
returns table (name text, version integer, kept boolean)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  perform iu_core.begin_write();
  -- Whoever pins by one of them right now is waited for; what it pinned is seen below.
  perform from cutter_governance.cut_profile p where p.name = any (p_names) for update;
  return query
  with removed as (
    delete from cutter_governance.cut_profile p
     where p.name = any (p_names)
       and not exists (
             select from cutter_governance.source_version s
              where s.profile_name = p.name and s.profile_version = p.version)
    returning p.name, p.version
  )
  select p.name, p.version, r.name is null
    from cutter_governance.cut_profile p
    left join removed r on r.name = p.name and r.version = p.version
   where p.name = any (p_names)
   order by p.name, p.version;
end
$$;

comment on function iu_core.forget_profiles(text[]) is
  'Takes profiles of these names out, for rollback/011, and returns them; kept: documents were '
  'pinned by that version, which stays. For members of workflow_admin.';
--! EndIncluded functions/iu_core/forget_profiles.sql

--! Included functions/fn_cut_source_set.sql
create or replace function public.fn_cut_source_set(
  p_prefix          text,
  p_title           text,
  p_authority_class text,
  p_owner_ref       text,
  p_actor           text
)
returns jsonb
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_now    timestamptz := clock_timestamp();
  v_id     uuid        := iu_core.uuid_v7();
  v_status text;
  v_answer jsonb;
begin
  perform iu_core.begin_write();
  perform iu_core.assert_given(jsonb_build_object('p_prefix', p_prefix, 'p_actor', p_actor));
  if not iu_core.is_prefix(p_prefix)
     or p_authority_class not in ('authoritative', 'non_authoritative')
     or p_owner_ref !~ '[^[:space:]]'
  then
    perform iu_core.raise_error(
      'IU004',
      'p_prefix is 3 to 32 of A-Z 0-9 - with no dash at its ends, p_authority_class authoritative, '
      'non_authoritative or null, p_owner_ref not blank',
      jsonb_build_object('prefix', p_prefix, 'authority_class', p_authority_class));
  end if;

  insert into cutter_governance.source_document as d
         (id, doc_prefix, title, authority_class, owner_ref, created_at, created_by, updated_at,
          updated_by)
  values (v_id, p_prefix, p_title, p_authority_class, coalesce(p_owner_ref, p_actor), v_now,
          p_actor, v_now, p_actor)
  on conflict on constraint source_document_prefix_uq do update
    set title           = coalesce(p_title, d.title),
        authority_class = coalesce(p_authority_class, d.authority_class),
        owner_ref       = coalesce(p_owner_ref, d.owner_ref),
        updated_at      = v_now,
        updated_by      = p_actor
  where (d.title, d.authority_class, d.owner_ref)
        is distinct from
        (coalesce(p_title, d.title), coalesce(p_authority_class, d.authority_class),
         coalesce(p_owner_ref, d.owner_ref))
  returning case when d.id = v_id then 'created' else 'updated' end into v_status;
  select jsonb_build_object('status', coalesce(v_status, 'unchanged'), 'document_id', d.id,
                            'doc_prefix', d.doc_prefix, 'authority_class', d.authority_class,
                            'owner_ref', d.owner_ref)
    into v_answer
    from cutter_governance.source_document d
   where d.doc_prefix = p_prefix;
  if v_status is not null then
    perform iu_core.emit_events(
      array[iu_core.fact(
        'cut', 'document_stated', 'cutter_governance.source_document', v_answer ->> 'document_id',
        null, v_answer - array['status', 'document_id'])],
      p_actor, iu_core.uuid_v7());
  end if;
  return v_answer;
end
$$;

comment on function public.fn_cut_source_set(text, text, text, text, text) is
  'Says which document a prefix stands for. p_prefix: what its addresses begin with; p_title, '
  'p_authority_class (authoritative, non_authoritative) and p_owner_ref: null leaves what is '
  'known; the owner of a new document is p_actor unless stated. Returns {status: created | updated '
  '| unchanged, document_id, doc_prefix, authority_class, owner_ref}. Emits cut.document_stated when something was written. Refuses '
  'with IU004 bad arguments, IU003 another isolation. For cutter_exec, iu_operator.';

revoke all     on function public.fn_cut_source_set(text, text, text, text, text) from public;
grant  execute on function public.fn_cut_source_set(text, text, text, text, text)
       to cutter_exec, iu_operator;
--! EndIncluded functions/fn_cut_source_set.sql

--! Included functions/fn_cut_source_pin.sql
create or replace function public.fn_cut_source_pin(
  p_prefix          text,
  p_origin          text,
  p_content         bytea,
  p_profile         text,
  p_profile_version integer,
  p_keep            boolean,
  p_actor           text
)
returns jsonb
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_document uuid;
  v_facts    jsonb;
  v_version  cutter_governance.source_version;
  v_pinned   boolean;
begin
  perform iu_core.begin_write();
  perform iu_core.assert_given(jsonb_build_object(
    'p_prefix', p_prefix, 'p_origin', p_origin, 'p_profile', p_profile, 'p_actor', p_actor,
    'p_content', case when length(p_content) > 0 then 'given' end, 'p_keep', p_keep::text));

  select d.id into v_document
    from cutter_governance.source_document d
   where d.doc_prefix = p_prefix;
  if v_document is null then
    perform iu_core.raise_error(
      'IU060', format('no document has the prefix %s', p_prefix),
      jsonb_build_object('reason', 'document_unknown', 'prefix', p_prefix),
      'State the document with public.fn_cut_source_set first.');
  end if;
  if not exists (select from cutter_governance.cut_profile p
                  where p.name = p_profile and p.version = p_profile_version)
  then
    perform iu_core.raise_error(
      'IU060', format('profile %s %s is not registered', p_profile, p_profile_version),
      jsonb_build_object('reason', 'profile_unknown', 'profile', p_profile,
                         'profile_version', p_profile_version),
      'Register it with public.fn_cut_profile_set first.');
  end if;
  begin
    v_facts := iu_core.source_facts(p_content);
  exception
    when character_not_in_repertoire then
      perform iu_core.raise_error(
        'IU060', format('%s is no text: %s', p_origin, sqlerrm),
        jsonb_build_object('reason', 'not_utf8', 'origin', p_origin),
        'iu cut mark names the byte and the line.');
  end;

  insert into cutter_governance.source_version
         (id, document_id, sha256, bytes, encoding, byte_order_mark, lines, line_endings, origin,
          profile_name, profile_version, content, pinned_at, pinned_by, login)
  select iu_core.uuid_v7(), v_document, f.sha256, f.bytes, f.encoding, f.byte_order_mark, f.lines,
         f.line_endings, p_origin, p_profile, p_profile_version, case when p_keep then p_content end,
         clock_timestamp(), p_actor, session_user
    from jsonb_to_record(v_facts)
         as f (sha256 text, bytes bigint, encoding text, byte_order_mark boolean, lines integer,
               line_endings jsonb)
  on conflict on constraint source_version_sha256_uq do nothing;
  v_pinned := found;

  select s.* into v_version
    from cutter_governance.source_version s
   where s.document_id = v_document
     and s.sha256      = v_facts ->> 'sha256';
  if v_pinned then
    perform iu_core.emit_events(
      array[iu_core.fact(
        'cut', 'source_pinned', 'cutter_governance.source_version', v_version.id::text, null,
        jsonb_build_object('doc_prefix', p_prefix, 'sha256', v_version.sha256, 'bytes',
                           v_version.bytes, 'kept', v_version.content is not null),
        'cut.source_pinned:' || v_version.id)],
      p_actor, iu_core.uuid_v7());
  end if;
  return jsonb_build_object(
    'status', case when v_pinned then 'pinned' else 'exists' end,
    'source_version_id', v_version.id, 'sha256', v_version.sha256, 'bytes', v_version.bytes,
    'profile', v_version.profile_name, 'profile_version', v_version.profile_version,
    'kept', v_version.content is not null);
end
$$;

comment on function
  public.fn_cut_source_pin(text, text, bytea, text, integer, boolean, text) is
  'Pins the bytes of a document: everything a cut does later is held against their sha256. '
  'p_origin: the path or URL as given; p_content: the bytes, at least one; p_profile and its '
  'version: the rules that will cut them; p_keep: whether the bytes themselves stay here (false: '
  'only their sha256, and whoever cuts must bring them again). The server hashes and counts them '
  'itself. The same bytes of a document are pinned once: the origin, profile and choice of the '
  'first time stay. Returns {status: pinned | exists, source_version_id, sha256, bytes, profile, '
  'profile_version, kept}. Emits cut.source_pinned. Refuses with IU060 an unknown document or profile and what is no UTF-8 '
  'or has a NUL (detail reason), IU004 bad arguments, IU003 another isolation. For cutter_exec.';

revoke all     on function public.fn_cut_source_pin(text, text, bytea, text, integer, boolean, text)
               from public;
grant  execute on function public.fn_cut_source_pin(text, text, bytea, text, integer, boolean, text)
               to cutter_exec;
--! EndIncluded functions/fn_cut_source_pin.sql

reset role;

select iu_core.protect_table(
  'cutter_governance.cut_profile', 'state', 'public.fn_cut_profile_set()',
  '{registered_at,registered_by,login}');
select iu_core.protect_table(
  'cutter_governance.source_document', 'state', 'public.fn_cut_source_set()',
  '{updated_at,updated_by}');
select iu_core.protect_table(
  'cutter_governance.source_version', 'ledger', 'public.fn_cut_source_pin()');

select iu_core.register_errors($errors$[
  {"code": "IU060", "name": "source_refused",
   "problem": "The bytes of a document cannot be pinned as given.",
   "next_step": "The reason is in the detail; iu cut mark FILE names the byte and the line."},
  {"code": "IU068", "name": "profile_taken",
   "problem": "A profile of this name and version is registered with other rules.",
   "next_step": "Raise its version with every change of its rules."}
]$errors$);

select iu_core.expect_grants($grants$[
  {"object": "cutter_governance.cut_profile", "type": "table",
   "grantees": ["context_pack_readonly", "cutter_approver", "cutter_exec", "cutter_verify",
                "iu_operator"], "privileges": ["SELECT"]},
  {"object": "cutter_governance.source_document", "type": "table",
   "grantees": ["context_pack_readonly", "cutter_approver", "cutter_exec", "cutter_verify",
                "iu_operator"], "privileges": ["SELECT"]},
  {"object": "cutter_governance.source_version", "type": "table",
   "grantees": ["context_pack_readonly", "cutter_approver", "cutter_exec", "cutter_verify",
                "iu_operator"], "privileges": ["SELECT"]},
  {"object": "public.fn_cut_profile_set(text,text)", "type": "function",
   "grantees": ["iu_operator"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_cut_source_pin(text,text,bytea,text,integer,boolean,text)", "type": "function",
   "grantees": ["cutter_exec"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_cut_source_set(text,text,text,text,text)", "type": "function",
   "grantees": ["cutter_exec", "iu_operator"], "privileges": ["EXECUTE"]}
]$grants$);
