/**
 * Where the facts of a kind live. `cluster`: shared by every database of the server, clones too. `database`:
 * properties of the database itself, which a template clone does not take along. `content`: all the rest.
 */
export type Scope = 'cluster' | 'database' | 'content';

/** One file in `facts/`: its name, its scope, and the catalogs whose user rows it answers for. */
export interface Kind {
  kind: string;
  scope: Scope;
  claims: readonly string[];
}

const kind = (scope: Scope, name: string, ...claims: string[]): Kind => ({ kind: name, scope, claims });

/** Every kind the seal models, in the order of the digest. */
export const KINDS: readonly Kind[] = [
  kind('content', 'schemas', 'pg_namespace'),
  kind('content', 'tables', 'pg_class', 'pg_inherits', 'pg_partitioned_table', 'pg_foreign_table'),
  kind('content', 'columns', 'pg_attribute', 'pg_attrdef'),
  kind('content', 'constraints', 'pg_constraint'),
  kind('content', 'indexes', 'pg_index'),
  kind('content', 'views'),
  kind('content', 'sequences', 'pg_sequence'),
  kind('content', 'triggers', 'pg_trigger'),
  kind('content', 'rules', 'pg_rewrite'),
  kind('content', 'policies', 'pg_policy'),
  kind('content', 'functions', 'pg_proc'),
  kind('content', 'aggregates', 'pg_aggregate'),
  kind('content', 'types', 'pg_type', 'pg_enum', 'pg_range'),
  kind('content', 'casts', 'pg_cast'),
  kind('content', 'operators', 'pg_operator'),
  kind('content', 'operator_classes', 'pg_opclass', 'pg_opfamily'),
  kind('content', 'operator_members', 'pg_amop', 'pg_amproc'),
  kind('content', 'collations', 'pg_collation'),
  kind('content', 'conversions', 'pg_conversion'),
  kind(
    'content',
    'text_search',
    'pg_ts_parser',
    'pg_ts_template',
    'pg_ts_dict',
    'pg_ts_config',
    'pg_ts_config_map',
  ),
  kind('content', 'event_triggers', 'pg_event_trigger'),
  kind('content', 'extensions', 'pg_extension'),
  kind('content', 'extension_members'),
  kind('content', 'foreign_servers', 'pg_foreign_data_wrapper', 'pg_foreign_server'),
  kind('content', 'user_mappings', 'pg_user_mapping'),
  kind('content', 'publications', 'pg_publication', 'pg_publication_rel', 'pg_publication_namespace'),
  kind('content', 'subscriptions', 'pg_subscription'),
  kind('content', 'languages', 'pg_language'),
  kind('content', 'access_methods', 'pg_am'),
  kind('content', 'statistics', 'pg_statistic_ext'),
  kind('content', 'large_objects', 'pg_largeobject_metadata'),
  kind('content', 'transforms', 'pg_transform'),
  kind('content', 'privileges'),
  kind('content', 'default_privileges', 'pg_default_acl'),
  kind('content', 'comments', 'pg_description'),
  kind('content', 'security_labels', 'pg_seclabel'),
  kind('content', 'built_in'),
  kind('database', 'database', 'pg_database'),
  kind('database', 'database_settings', 'pg_db_role_setting'),
  kind('cluster', 'roles', 'pg_authid'),
  kind('cluster', 'memberships', 'pg_auth_members'),
  kind('cluster', 'role_settings', 'pg_db_role_setting'),
  kind('cluster', 'tablespaces', 'pg_tablespace'),
  kind('cluster', 'parameters', 'pg_parameter_acl'),
  kind('cluster', 'shared_notes', 'pg_shdescription', 'pg_shseclabel'),
];

/**
 * Catalogs that hold no schema of anybody's making: bookkeeping between objects, statistics, the rows of
 * large objects, progress of replication. They need no facts file.
 */
export const NOT_SCHEMA: readonly string[] = [
  'pg_depend',
  'pg_shdepend',
  'pg_init_privs',
  'pg_statistic',
  'pg_statistic_ext_data',
  'pg_largeobject',
  'pg_subscription_rel',
  'pg_replication_origin',
];

/** The names of all kinds, or of those of the given scopes: `kindNames('content')` is what two clones can share. */
export function kindNames(...scopes: Scope[]): string[] {
  const wanted = new Set<Scope>(scopes);
  return KINDS.filter(({ scope }) => wanted.size === 0 || wanted.has(scope)).map(({ kind }) => kind);
}
