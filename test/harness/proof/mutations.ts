/** A change and what the diff must say about it, no more and no less: `object: field`. */
export interface Mutation {
  name: string;
  setup?: string;
  change: string;
  revert?: string;
  facts: string[];
  /** Only from this major on. */
  from?: number;
}

const T = 'table app.t';

export const MUTATIONS: Mutation[] = [
  {
    name: 'a grant',
    change: `grant select on app.t to seal_bob`,
    revert: `revoke select on app.t from seal_bob`,
    facts: [`${T}: privileges`],
  },
  {
    name: 'a grant option',
    setup: `grant select on app.t to seal_bob`,
    change: `grant select on app.t to seal_bob with grant option`,
    revert: `revoke all on app.t from seal_bob`,
    facts: [`${T}: privileges`],
  },
  {
    name: 'a revoke from the owner',
    change: `revoke delete on app.t from postgres`,
    revert: `grant delete on app.t to postgres`,
    facts: [`${T}: privileges`],
  },
  {
    name: 'execute revoked from public',
    change: `revoke execute on function app.f(text, int) from public`,
    revert: `grant execute on function app.f(text, int) to public`,
    facts: ['function app.f(text,integer): privileges'],
  },
  {
    name: 'a column grant',
    change: `grant update (a) on app.t to seal_bob`,
    revert: `revoke update (a) on app.t from seal_bob`,
    facts: ['column app.t.a: privileges'],
  },
  {
    name: 'a grant on a function of pg_catalog',
    change: `grant execute on function pg_catalog.pg_read_file(text) to seal_bob`,
    revert: `revoke execute on function pg_catalog.pg_read_file(text) from seal_bob`,
    facts: ['function pg_read_file(text): exists'],
  },
  {
    name: 'a revoke on a function of pg_catalog that had no acl',
    change: `revoke execute on function pg_catalog.lower(text) from public`,
    revert: `grant execute on function pg_catalog.lower(text) to public`,
    facts: ['function lower(text): exists'],
  },
  {
    name: 'a grant on schema public',
    change: `grant create on schema public to seal_bob`,
    revert: `revoke create on schema public from seal_bob`,
    facts: ['schema public: privileges'],
  },
  {
    name: 'the owner of schema public',
    change: `alter schema public owner to seal_bob`,
    revert: `alter schema public owner to pg_database_owner`,
    facts: ['schema public: owner', 'schema public: privileges'],
  },
  {
    name: 'an owner',
    change: `alter table app.child owner to seal_bob`,
    revert: `alter table app.child owner to postgres`,
    facts: ['table app.child: owner'],
  },
  {
    name: 'a built-in function altered',
    change: `alter function pg_catalog.lower(text) cost 7`,
    revert: `alter function pg_catalog.lower(text) cost 1`,
    facts: ['built-in functions: digest'],
  },
  {
    name: 'a comment on a table',
    change: `comment on table app.t is 'a'`,
    revert: `comment on table app.t is null`,
    facts: [`${T}: comment`],
  },
  {
    name: 'comments on everything else',
    change: `comment on column app.t.a is 'a'; comment on function app.f(text, int) is 'a';
             comment on constraint t_b_chk on app.t is 'a'; comment on trigger guard on app.t is 'a';
             comment on policy own on app.t is 'a'; comment on index app.t_a_key is 'a';
             comment on type app.color is 'a'; comment on domain app.name is 'a';
             comment on constraint name_chk on domain app.name is 'a'; comment on schema app is 'a';
             comment on view app.v is 'a'; comment on materialized view app.m is 'a';
             comment on sequence app.s is 'a'; comment on aggregate app.total(int) is 'a';
             comment on procedure app.p() is 'a'; comment on statistics app.st is 'a';
             comment on large object 4711 is 'a'; comment on publication pub is 'a';
             comment on collation app.posix is 'a'; comment on text search configuration app.plain is 'a';
             comment on type app.pair is 'a'; comment on column app.pair.x is 'a'`,
    facts: [
      'aggregate app.total(integer): comment',
      'collation app.posix: comment',
      'column app.pair.x: comment',
      'column app.t.a: comment',
      'constraint t_b_chk on app.t: comment',
      'domain constraint name_chk on app.name: comment',
      'function app.f(text,integer): comment',
      'index app.t_a_key: comment',
      'large object 4711: comment',
      'materialized view app.m: comment',
      'policy own on app.t: comment',
      'procedure app.p(): comment',
      'publication pub: comment',
      'schema app: comment',
      'sequence app.s: comment',
      'statistics object app.st: comment',
      'text search configuration app.plain: comment',
      'trigger guard on app.t: comment',
      'type app.color: comment',
      'type app.name: comment',
      'type app.pair: comment',
      'view app.v: comment',
    ],
  },
  {
    name: 'a comment on a built-in function',
    change: `comment on function pg_catalog.lower(text) is 'a'`,
    revert: `comment on function pg_catalog.lower(text) is 'lowercase'`,
    facts: ['built-in comments: digest'],
  },
  {
    name: 'a comment on a role',
    change: `comment on role seal_bob is 'a'`,
    revert: `comment on role seal_bob is null`,
    facts: ['role seal_bob: comment'],
  },
  {
    name: 'a function body',
    change: `create or replace function app.f(text, n int default 1) returns int language sql immutable as 'select 2'`,
    revert: `create or replace function app.f(text, n int default 1) returns int language sql immutable as 'select 1'`,
    facts: ['function app.f(text,integer): body'],
  },
  {
    name: 'an argument default',
    change: `create or replace function app.f(text, n int default 2) returns int language sql immutable as 'select 1'`,
    facts: ['function app.f(text,integer): arguments'],
  },
  {
    name: 'volatility',
    change: `alter function app.f(text, int) stable`,
    revert: `alter function app.f(text, int) immutable`,
    facts: ['function app.f(text,integer): volatility'],
  },
  {
    name: 'strict, security definer, leakproof, parallel, cost',
    change: `alter function app.f(text, int) strict security definer leakproof parallel safe cost 3`,
    facts: ['cost', 'leakproof', 'parallel', 'security_definer', 'strict'].map(
      (field) => `function app.f(text,integer): ${field}`,
    ),
  },
  {
    name: 'proconfig',
    change: `alter function app.f(text, int) set work_mem = '8MB'`,
    revert: `alter function app.f(text, int) reset work_mem`,
    facts: ['function app.f(text,integer): settings'],
  },
  {
    name: 'an aggregate',
    change: `create or replace aggregate app.total(int) (sfunc = int4pl, stype = int, initcond = '1')`,
    facts: ['aggregate app.total(integer): initial'],
  },
  {
    name: 'a default privilege',
    change: `alter default privileges in schema app grant select on tables to seal_bob`,
    revert: `alter default privileges in schema app revoke select on tables from seal_bob`,
    facts: ['default privileges for role postgres in schema app on tables: exists'],
  },
  {
    name: 'a policy',
    change: `alter policy own on app.t using (true)`,
    revert: `alter policy own on app.t using (a = current_user)`,
    facts: ['policy own on app.t: using'],
  },
  {
    name: 'the roles of a policy',
    change: `alter policy own on app.t to public`,
    facts: ['policy own on app.t: roles'],
  },
  {
    name: 'row security',
    change: `alter table app.t enable row level security, force row level security`,
    revert: `alter table app.t disable row level security, no force row level security`,
    facts: [`${T}: force_row_security`, `${T}: row_security`],
  },
  {
    name: `a trigger's enabled state`,
    change: `alter table app.t disable trigger guard`,
    revert: `alter table app.t enable trigger guard`,
    facts: ['trigger guard on app.t: enabled'],
  },
  {
    name: `the internal triggers of a foreign key`,
    change: `alter table app.child disable trigger all`,
    revert: `alter table app.child enable trigger all`,
    facts: ['constraint child_fk on app.child: triggers'],
  },
  {
    name: 'a trigger definition',
    change: `create or replace trigger guard before delete on app.t for each statement execute function app.trg()`,
    facts: ['trigger guard on app.t: definition'],
  },
  {
    name: 'an enum label',
    change: `alter type app.color add value 'blue'`,
    facts: ['type app.color: labels'],
  },
  {
    name: 'an enum label renamed',
    change: `alter type app.color rename value 'red' to 'rot'`,
    revert: `alter type app.color rename value 'rot' to 'red'`,
    facts: ['type app.color: labels'],
  },
  {
    name: 'a column default',
    change: `alter table app.t alter a set default 'y'`,
    revert: `alter table app.t alter a set default 'x'`,
    facts: ['column app.t.a: default'],
  },
  {
    name: 'column order (drop and add)',
    change: `alter table app.t drop c; alter table app.t add c text; alter table app.t drop a cascade;
             alter table app.t add a text default 'x'`,
    facts: [
      'column app.t.a: position',
      'column app.t.b: position',
      'column app.t.c: position',
      'column app.v.a: exists',
      'column app.v.id: exists',
      'index app.t_a_key: exists',
      'index app.t_expr: exists',
      'policy own on app.t: exists',
      'statistics object app.st: exists',
      'view app.v: exists',
    ],
  },
  {
    name: 'a column added and dropped again',
    change: `alter table app.t add z text; alter table app.t drop z`,
    facts: [],
  },
  {
    name: 'column type, storage, compression, target and options',
    change: `alter table app.t alter b type numeric(12, 2); alter table app.t alter c set storage external;
             alter table app.t alter c set compression pglz; alter table app.t alter c set statistics 7;
             alter table app.t alter c set (n_distinct = 3)`,
    facts: [
      'column app.t.b: type',
      'column app.t.c: compression',
      'column app.t.c: options',
      'column app.t.c: statistics_target',
      'column app.t.c: storage',
    ],
  },
  {
    name: 'a column collation',
    change: `alter table app.t alter c type text collate "C"`,
    facts: ['column app.t.c: collation'],
  },
  {
    name: 'an identity column',
    change: `alter table app.t alter id set generated always`,
    revert: `alter table app.t alter id set generated by default`,
    facts: ['column app.t.id: identity'],
  },
  {
    name: `an identity's sequence`,
    change: `alter table app.t alter id set increment 5`,
    revert: `alter table app.t alter id set increment 1`,
    facts: ['sequence app.t_id_seq: increment'],
  },
  {
    name: 'sequence parameters',
    change: `alter sequence app.s maxvalue 99 cycle cache 3`,
    facts: ['cache', 'cycle', 'maximum'].map((field) => `sequence app.s: ${field}`),
  },
  {
    name: `a sequence's owner column`,
    change: `alter sequence app.s owned by app.t.id`,
    revert: `alter sequence app.s owned by none`,
    facts: ['sequence app.s: owned_by'],
  },
  {
    name: 'replica identity',
    change: `alter table app.t replica identity full`,
    revert: `alter table app.t replica identity default`,
    facts: [`${T}: replica_identity`],
  },
  {
    name: 'a clustered index',
    change: `alter table app.t cluster on t_pkey`,
    revert: `alter table app.t set without cluster`,
    facts: ['index app.t_pkey: clustered'],
  },
  {
    name: 'the statistics target of an index expression',
    change: `alter index app.t_expr alter column 1 set statistics 50`,
    revert: `alter index app.t_expr alter column 1 set statistics -1`,
    facts: ['index app.t_expr: statistics_targets'],
  },
  {
    name: 'an index made invalid',
    change: `update pg_index set indisvalid = false where indexrelid = 'app.t_a_key'::regclass`,
    revert: `update pg_index set indisvalid = true where indexrelid = 'app.t_a_key'::regclass`,
    facts: ['index app.t_a_key: valid'],
  },
  {
    name: 'a constraint not valid',
    setup: `alter table app.t add constraint late check (b < 9)`,
    change: `alter table app.t drop constraint late; alter table app.t add constraint late check (b < 9) not valid`,
    revert: `alter table app.t validate constraint late`,
    facts: ['constraint late on app.t: definition'],
  },
  {
    name: 'a deferrable foreign key',
    change: `alter table app.child alter constraint child_fk deferrable initially deferred`,
    revert: `alter table app.child alter constraint child_fk not deferrable`,
    facts: ['constraint child_fk on app.child: definition'],
  },
  {
    name: 'a constraint not enforced',
    from: 18,
    change: `alter table app.child alter constraint child_fk not enforced`,
    facts: ['constraint child_fk on app.child: definition'],
  },
  {
    name: 'a role attribute',
    change: `alter role seal_bob createdb connection limit 3`,
    revert: `alter role seal_bob nocreatedb connection limit -1`,
    facts: ['role seal_bob: connection_limit', 'role seal_bob: create_db'],
  },
  {
    name: 'a membership',
    change: `grant seal_alice to seal_bob`,
    revert: `revoke seal_alice from seal_bob`,
    facts: ['membership of seal_bob in seal_alice granted by postgres: exists'],
  },
  {
    name: 'the set option of a membership',
    from: 16,
    setup: `grant seal_alice to seal_bob`,
    change: `grant seal_alice to seal_bob with set false`,
    revert: `revoke seal_alice from seal_bob`,
    facts: ['membership of seal_bob in seal_alice granted by postgres: set'],
  },
  {
    name: 'a role setting',
    change: `alter role seal_bob set work_mem = '9MB'`,
    revert: `alter role seal_bob reset all`,
    facts: ['role seal_bob: settings'],
  },
  {
    name: 'a database setting',
    change: `do $$ begin execute format('alter database %I set work_mem = ''9MB''', current_database()); end $$`,
    revert: `do $$ begin execute format('alter database %I reset all', current_database()); end $$`,
    facts: ['database: settings'],
  },
  {
    name: 'a role setting in this database',
    change: `do $$ begin
      execute format('alter role seal_bob in database %I set work_mem = ''9MB''', current_database()); end $$`,
    facts: ['role seal_bob in this database: exists'],
  },
  {
    name: `the database's privileges`,
    change: `do $$ begin execute format('grant create on database %I to seal_bob', current_database()); end $$`,
    facts: ['database: privileges'],
  },
  {
    name: 'a parameter granted',
    change: `grant set on parameter wal_compression to seal_bob`,
    revert: `revoke set on parameter wal_compression from seal_bob`,
    facts: ['parameter wal_compression: exists'],
  },
  {
    name: 'a view definition',
    change: `create or replace view app.v as select id, a from app.t where id > 0`,
    revert: `create or replace view app.v as select id, a from app.t`,
    facts: ['view app.v: definition'],
  },
  {
    name: 'a view option',
    change: `alter view app.v set (security_barrier)`,
    revert: `alter view app.v reset (security_barrier)`,
    facts: ['view app.v: options'],
  },
  {
    name: 'a materialized view emptied',
    change: `refresh materialized view app.m with no data`,
    revert: `refresh materialized view app.m`,
    facts: ['materialized view app.m: populated'],
  },
  {
    name: 'a domain constraint',
    change: `alter domain app.name drop constraint name_chk; alter domain app.name add constraint name_chk check (value <> 'x')`,
    facts: ['domain constraint name_chk on app.name: definition'],
  },
  {
    name: 'a domain default and not null',
    change: `alter domain app.name set default 'n'`,
    revert: `alter domain app.name drop default`,
    facts: ['type app.name: default'],
  },
  {
    name: 'a composite attribute',
    change: `alter type app.pair add attribute z text`,
    facts: ['column app.pair.z: exists'],
  },
  {
    name: 'an extension with its members',
    change: `create extension intagg schema app`,
    revert: `drop extension intagg`,
    facts: [
      'extension intagg: exists',
      'member aggregate app.int_array_aggregate(integer) of extension intagg: exists',
      'member function app.int_agg_final_array(pg_catalog.internal) of extension intagg: exists',
      'member function app.int_agg_state(pg_catalog.internal,integer) of extension intagg: exists',
      'member function app.int_array_enum(integer[]) of extension intagg: exists',
    ],
  },
  {
    name: 'a grant on a member of an extension',
    setup: `create extension intagg schema app`,
    change: `revoke all on function app.int_array_enum(int[]) from public`,
    revert: `drop extension intagg`,
    facts: ['function app.int_array_enum(integer[]): exists'],
  },
  {
    name: 'a publication',
    change: `alter publication pub set (publish = 'insert'); alter publication pub add table app.child where (id > 1)`,
    facts: ['publication pub: publishes', 'publication relation app.child in publication pub: exists'],
  },
  {
    name: 'the columns of a publication',
    change: `alter publication pub set table app.t (id, b)`,
    facts: ['publication relation app.t in publication pub: columns'],
  },
  {
    name: 'an event trigger',
    change: `create event trigger et on ddl_command_end when tag in ('CREATE TABLE') execute function app.evt()`,
    revert: `drop event trigger et`,
    facts: ['event trigger et: exists'],
  },
  {
    name: 'an event trigger disabled',
    setup: `create event trigger et on ddl_command_end execute function app.evt()`,
    change: `alter event trigger et disable`,
    revert: `drop event trigger et`,
    facts: ['event trigger et: enabled'],
  },
  {
    name: 'a cast',
    setup: `create cast (app.pair as text) with function app.conv(app.pair)`,
    change: `drop cast (app.pair as text); create cast (app.pair as text) with function app.conv(app.pair) as assignment`,
    revert: `drop cast (app.pair as text)`,
    facts: ['cast (app.pair as text): context'],
  },
  {
    name: 'an operator',
    change: `create operator app.=== (leftarg = app.pair, rightarg = app.pair, function = app.eq)`,
    revert: `drop operator app.=== (app.pair, app.pair)`,
    facts: ['operator app.===(app.pair,app.pair): exists'],
  },
  {
    name: 'an operator class',
    change: `create operator class app.span_ops for type app.pair using hash as function 1 app.hash(app.pair)`,
    setup: `create function app.hash(app.pair) returns int language sql immutable as 'select 1'`,
    facts: [
      'function of access method function 1 (app.pair, app.pair) of app.span_ops USING hash: exists',
      'operator class app.span_ops USING hash: exists',
      'operator family app.span_ops USING hash: exists',
    ],
  },
  {
    name: 'a statistics object',
    change: `alter statistics app.st set statistics 10`,
    revert: `alter statistics app.st set statistics -1`,
    facts: ['statistics object app.st: statistics_target'],
  },
  {
    name: 'a rule',
    change: `create rule quiet as on delete to app.t do instead nothing`,
    revert: `drop rule quiet on app.t`,
    facts: ['rule quiet on app.t: exists'],
  },
  {
    name: 'a rule disabled',
    setup: `create rule quiet as on delete to app.t do instead nothing`,
    change: `alter table app.t disable rule quiet`,
    facts: ['rule quiet on app.t: enabled'],
  },
  {
    name: 'a partition bound',
    change: `alter table app.parted detach partition app.parted_1;
             alter table app.parted attach partition app.parted_1 for values from (0) to (20)`,
    facts: ['table app.parted_1: partition_bound'],
  },
  {
    name: 'inheritance',
    setup: `create table app.kind (a int); create table app.kin () inherits (app.kind)`,
    change: `alter table app.kin no inherit app.kind`,
    facts: ['column app.kin.a: inherited_from', 'column app.kin.a: local', 'table app.kin: parents'],
  },
  {
    name: 'a collation',
    change: `drop collation app.posix; create collation app.posix (locale = 'POSIX')`,
    facts: ['collation app.posix: collate', 'collation app.posix: ctype'],
  },
  {
    name: 'a storage parameter',
    change: `alter table app.t set (fillfactor = 70, toast.autovacuum_enabled = off)`,
    revert: `alter table app.t reset (fillfactor, toast.autovacuum_enabled)`,
    facts: [`${T}: options`, `${T}: toast_options`],
  },
  {
    name: 'an unlogged table',
    change: `alter table app.parted_1 set unlogged`,
    revert: `alter table app.parted_1 set logged`,
    facts: ['table app.parted_1: persistence'],
  },
  {
    name: 'a large object',
    change: `select lo_create(815)`,
    revert: `select lo_unlink(815)`,
    facts: ['large object 815: exists'],
  },
  {
    name: 'a grant on a large object',
    change: `grant select on large object 4711 to seal_bob`,
    revert: `revoke select on large object 4711 from seal_bob`,
    facts: ['large object 4711: privileges'],
  },
  {
    name: 'a text search mapping',
    change: `alter text search configuration app.plain drop mapping for word`,
    facts: ['text search configuration app.plain: definition'],
  },
  {
    name: 'a built-in text search mapping',
    change: `alter text search configuration pg_catalog.simple drop mapping for float`,
    revert: `alter text search configuration pg_catalog.simple add mapping for float with simple`,
    facts: ['built-in text search configurations: digest'],
  },
  {
    name: 'foreign data',
    setup: `create foreign data wrapper w; create server far foreign data wrapper w;
            create user mapping for seal_bob server far options (user 'u', password 'p');
            create foreign table app.remote (id int) server far options (x '1')`,
    change: `alter server far options (add host 'h'); alter user mapping for seal_bob server far options (set password 'q');
             alter foreign table app.remote options (set x '2')`,
    revert: `drop foreign data wrapper w cascade`,
    facts: [
      'foreign table app.remote: server_options',
      'server far: options',
      'user mapping seal_bob on server far: options',
    ],
  },
  {
    name: 'a subscription',
    setup: `create subscription sub connection 'host=none' publication p with (connect = false, slot_name = none)`,
    change: `alter subscription sub set (binary = true)`,
    revert: `drop subscription sub`,
    facts: ['subscription sub: binary'],
  },
  {
    name: 'a language, an access method, a conversion',
    change: `create trusted language plnew handler plpgsql_call_handler;
             create access method heap2 type table handler heap_tableam_handler;
             create conversion app.conv for 'LATIN1' to 'UTF8' from iso8859_1_to_utf8`,
    facts: ['access method heap2: exists', 'conversion app.conv: exists', 'language plnew: exists'],
  },
  {
    name: 'a transform',
    from: 18,
    change: `create transform for app.color language sql (from sql with function pg_catalog.time_support(internal))`,
    facts: ['transform for app.color language sql: exists'],
  },
];
