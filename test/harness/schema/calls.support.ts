import type pg from 'pg';
import { cutRuns, manifestToMark, runAt, sourceAt } from './cut-run.support.ts';
import { approve, createMany, enact, spec } from './support.ts';

/** The newest approval of an act on a unit, as SQL. */
export const decision = (act: 'enact' | 'supersede' | 'retire', address: string) =>
  `(select r.id from cutter_governance.review_decision r
      join cutter_governance.review_decision_unit d on d.review_decision_id = r.id
      join public.information_unit u on u.id = d.unit_id
     where r.act = '${act}' and r.verdict = 'approve' and u.canonical_address = '${address}' order by r.decided_at desc limit 1)`;

/** The targets that name a unit and the version of it that counts for an act, as SQL. */
export const targetOf = (act: string, address: string, successor?: string) =>
  `(select jsonb_build_array(jsonb_strip_nulls(jsonb_build_object(
             'address', u.canonical_address, 'version_id', iu_core.current_version(u, '${act}'),
             'successor_address', ${successor ? `'${successor}'` : 'null'})))
      from public.information_unit u where u.canonical_address = '${address}')`;

/** The fence of `deliveries`, whatever deployment it was set for last, as SQL. */
const FENCE = `(select f.deployment_id || ':sixteen characters' from public.iu_delivery_fence f
                 order by f.seq desc limit 1)`;

/** An open dead letter of `deliveries`, as SQL. */
const letter = (order: 'asc' | 'desc') =>
  `(select d.id from public.v_iu_route_dead_letter_open d order by d.event_id ${order} limit 1)`;

const number = (n: number) => `US-CONST/ART-${n}`;

/**
 * A call of every function that writes, each of which would succeed after `prepareCalls`, and would write; those
 * WITHHELD are refused.
 */
export const WRITING: Record<string, string> = {
  fn_cut_apply: `${runAt('dryrun')}, 'scribe'`,
  fn_cut_close: `${runAt('close')}, 'scribe'`,
  fn_cut_dryrun: `${runAt('dryrun')}, 'scribe'`,
  fn_cut_enact: `${runAt('dryrun')}, gen_random_uuid(), 'scribe'`,
  fn_cut_mark: `${runAt('mark')}, '${JSON.stringify(manifestToMark())}', 'scribe'`,
  fn_cut_open: `${sourceAt('open')}, 'LIVE', 'scribe'`,
  fn_cut_plan: `${runAt('plan')}, 'scribe'`,
  fn_cut_probe_grants: `${runAt('probe_grants')}, 'scribe'`,
  fn_cut_profile_set: `'{"description":"Sonnets.","format":"iu-cut-profile/1","labels":[],"name":"sonnet","version":1}',
                       'operator'`,
  fn_cut_record_backup: `${runAt('record_backup')}, '{"kind": "none"}', 'scribe'`,
  fn_cut_resume: `${runAt('resume')}, 'scribe'`,
  fn_cut_source_pin: "'SONNETS', 'sonnets.md', '\\x2320310a', 'poem', 1, true, 'scribe'",
  fn_cut_source_set: "'US-FED', 'The Federalist', 'non_authoritative', 'J. Madison', 'scribe'",
  fn_cut_stop: `${runAt('stop')}, 'rest', 'scribe'`,
  fn_cut_verify: `${runAt('dryrun')}, 'clerk'`,
  fn_cut_void: `${runAt('void')}, 'wrong text', 'an approver'`,
  fn_dot_config_set: "'iu_core.batch_size', '100', 'operator', 'load'",
  fn_iu_alias_add: "'US-CONST/ARTICLE-1', 'US-CONST/ART-1', 'J. Madison', 'its long name'",
  fn_iu_create: "'DE-GG/ART-1', 'Art 1', '', 'scribe', 'law_unit', 'article'",
  fn_iu_create_many: `'[{"address": "DE-GG/ART-2", "title": "Art 2", "body": "",
                         "unit_kind": "law_unit", "section_type": "article"}]', 'scribe'`,
  fn_iu_delivery_target_set: "'report', false, 'dba', 'not any more'",
  fn_iu_emit_event: "'hearing', 'held', 'public.hearing', '1', 'operator'",
  fn_iu_emit_events: `'[{"event_domain": "hearing", "event_type": "held",
                         "subject_table": "public.hearing", "subject_ref": "1"}]', 'operator'`,
  fn_iu_enact: `'US-CONST/ART-1', 'operator', ${decision('enact', number(1))}`,
  fn_iu_enact_many: `'{US-CONST/ART-2}', 'operator', ${decision('enact', number(2))}`,
  fn_iu_event_type_remove: `'[{"event_domain": "harvest", "event_type": "burnt"}]', 'dba'`,
  fn_iu_event_type_set: `'[{"event_domain": "treaty", "event_type": "signed", "event_stream": "update",
                            "delivery_lane": "delayed", "severity": "info",
                            "description": "A treaty was signed."}]', 'dba'`,
  fn_iu_fence_set: "'there', 'sixteen characters', 'operator', 'moved'",
  fn_iu_gate_close: "'iu_core.composer_enabled', 'operator', 'done'",
  fn_iu_gate_declare: "'iu_core.archive_enabled', 'standing', 'Moves old editions.', 'dba'",
  fn_iu_gate_open: "'iu_core.structure_ops_enabled', null, 'operator', 'compose', 60",
  fn_iu_gate_withdraw: "'iu_core.operator_runtime_enabled', 'dba'",
  fn_iu_move: "'US-CONST/ART-3', null, 'J. Madison', 'comes first'",
  fn_iu_move_many: "'{US-CONST/ART-8,US-CONST/ART-4}', null, null, 'J. Madison', 'come first'",
  fn_iu_outbox_make_partitions: "9, 'operator'",
  fn_iu_outbox_retire_partition: "0, 'operator', 'statute of limitations'",
  fn_iu_piece_restore: "'US-CONST/ART-9', 'J. Madison', 'back'",
  fn_iu_piece_soft_delete: "'US-CONST/ART-8', 'J. Madison', 'out'",
  fn_iu_rebalance: "'US-CONST', null, 'operator', 'tidy'",
  fn_iu_reparent: "'US-CONST/ART-4', 'US-CONST/ART-3', 'J. Madison', 'belongs there'",
  fn_iu_retire: `'US-CONST/ART-3', 'operator', ${decision('retire', number(3))}`,
  fn_iu_retire_many: `'{US-CONST/ART-4}', 'operator', ${decision('retire', number(4))}`,
  fn_iu_review_decide: `'enact', ${targetOf('enact', number(10))}, 'approve', 'a reviewer', 'read'`,
  fn_iu_review_revert: `${decision('enact', number(10))}, 'a reviewer', 'an error'`,
  fn_iu_route_claim_pending: `'clerk', 10, ${FENCE}`,
  fn_iu_route_consumer_remove: "'harvest.consume(jsonb)', 'dba'",
  fn_iu_route_consumer_set: "'harvest.consume(jsonb)', 'Fails, always.', 'dba'",
  fn_iu_route_dead_letter_replay: `${letter('asc')}, 'operator', 'again', ${FENCE}`,
  fn_iu_route_record_attempt: `p.event_id, p.route_code, 'sent', null, null, p.claim_token, ${FENCE})
    from (select * from public.iu_route_pending where tries = 0 and claim_token is not null
           order by event_id limit 1) as p where (true`,
  fn_iu_route_remove: "'{harvest.dry}', 'operator'",
  fn_iu_route_set: `'[{"route_code": "harvest.new", "event_domain": "harvest", "event_type": "*",
                       "target_kind": "report", "target_ref": "report:new", "description": "New."}]', 'operator'`,
  fn_iu_route_worker_disable: "'again', 'operator', 'rest'",
  fn_iu_route_worker_enable: "'idle', 'operator', 'work'",
  fn_iu_route_worker_rebaseline: "'again', 'fresh', 'operator', 'from now on'",
  fn_iu_route_worker_register: "'new', '{}', 'operator'",
  fn_iu_route_worker_remove: "'idle', 'operator', 'no use'",
  fn_iu_route_worker_resolve: `${letter('desc')}, 'operator', 'given up'`,
  fn_iu_route_worker_run: `'clerk', null, ${FENCE}`,
  fn_iu_save: "'US-CONST/ART-10', 'Article X', 'Nothing yet.', 'J. Madison'",
  fn_iu_sql_route_remove: "'{harvest.inbound}', 'dba'",
  fn_iu_sql_route_set: `'[{"route_code": "harvest.other", "source_table": "public.dot_config",
                           "sql_event": "delete", "key_column": "key", "event_domain": "harvest",
                           "event_type": "sown"}]', 'dba'`,
  fn_iu_supersede: `'US-CONST/ART-5', 'operator', ${decision('supersede', number(5))}`,
  fn_iu_supersede_many: `'{US-CONST/ART-6}', 'operator', ${decision('supersede', number(6))}`,
  fn_iu_vocabulary_remove: "'section_type', '{changelog}', 'dba'",
  fn_iu_vocabulary_set: `'unit_kind', '[{"code": "treaty", "name": "Treaty", "sort_order": 30,
                                          "description": "A piece of a treaty."}]', 'dba'`,
};

/** A function of ours that nobody calls: the trigger of inbound routes. */
export const CALLED_BY_TRIGGER = 'fn_iu_sql_route_capture';

/**
 * What the calls are about: articles in every status, decisions on them, open gates, ids past partition 0, an event
 * type of another system, deliveries in every state.
 */
export async function prepareCalls(client: pg.Client): Promise<void> {
  await createMany(
    client,
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((n) => spec({ address: number(n), body: `Article ${n}\n` })),
  );
  await enact(client, [5, 6, 7].map(number));
  for (const n of [1, 2, 10]) await approve(client, 'enact', [number(n)]);
  for (const n of [3, 4]) await approve(client, 'retire', [number(n)]);
  for (const n of [5, 6]) await approve(client, 'supersede', [number(n)], number(7));
  await client.query("select public.fn_iu_piece_soft_delete('US-CONST/ART-9', 'J. Madison', 'out')");
  await client.query(
    "select public.fn_iu_gate_open('iu_core.composer_enabled', null, 'operator', 'x', null)",
  );
  await client.query("select setval('public.event_outbox_id_seq', 1000000)");
  await registerHearing(client);
  await deliveries(client);
  await client.query(
    `select public.fn_cut_profile_set('{"description":"Poems.","format":"iu-cut-profile/1","labels":[],"name":"poem","version":1}', 'operator'),
            public.fn_cut_source_set('SONNETS', 'Sonnets', null, null, 'scribe')`,
  );
  await cutRuns(client);
  await client.query(
    `select public.fn_iu_event_type_set('[{"event_domain": "harvest", "event_type": "burnt", "severity": "info",
       "event_stream": "update", "delivery_lane": "delayed", "description": "Never happened."}]', 'dba')`,
  );
}

/**
 * Rows in every table of routes and deliveries: the worker clerk has routed events as dry runs, has dead letters
 * of a consumer that fails (one closed by hand, two open) and deliveries that wait for a dispatcher (one claimed),
 * and an event to route next; again met a delivery of clerk's, a conflict; idle was never enabled. All gates that
 * this takes are open.
 */
export async function deliveries(client: pg.Client): Promise<void> {
  const sown = (ref: number) =>
    client.query(`select public.fn_iu_emit_event('harvest', 'sown', 'public.harvest', $1, 'operator')`, [
      ref,
    ]);
  const run = (worker: string) =>
    client.query(`select public.fn_iu_route_worker_run($1, null, ${FENCE})`, [worker]);
  await client.query(`
    select public.fn_iu_event_type_set('[{"event_domain": "harvest", "event_type": "sown", "severity": "info",
             "event_stream": "update", "delivery_lane": "immediate", "description": "Seed was sown."}]', 'dba');
    create schema harvest;
    create function harvest.consume(p_event jsonb) returns void language plpgsql security definer
      set search_path = pg_catalog, pg_temp as $$ begin raise exception 'barren ground'; end $$;
    grant usage on schema harvest to workflow_admin;
    grant execute on function harvest.consume(jsonb) to workflow_admin;
    select public.fn_iu_gate_open('iu_core.' || gate || '_enabled', null, 'operator', 'deliver', null)
      from unnest('{routes_master,route_worker,delivery}'::text[]) as gate;
    select public.fn_iu_fence_set('here', 'sixteen characters', 'operator', 'this is it');
    select public.fn_iu_delivery_target_set(kind, true, 'dba', 'built')
      from unnest('{sql_function,report}'::text[]) as kind;
    select public.fn_iu_route_consumer_set('harvest.consume(jsonb)', 'Fails.', 'dba');
    select public.fn_dot_config_set('iu_core.delivery_live_routes', 'harvest.call harvest.post', 'dba', 'live');
    select public.fn_iu_route_set('[
      {"route_code": "harvest.dry", "event_domain": "harvest", "event_type": "*", "enabled": true, "worker": "clerk",
       "target_kind": "report", "target_ref": "report:dry", "description": "Dry."},
      {"route_code": "harvest.call", "event_domain": "harvest", "event_type": "*", "enabled": true, "worker": "clerk",
       "target_kind": "sql_function", "target_ref": "harvest.consume(jsonb)", "dry_run": false, "description": "Calls.",
       "retry_policy": {"max_attempts": 1, "base_seconds": 1, "factor": 1, "max_seconds": 1}},
      {"route_code": "harvest.post", "event_domain": "harvest", "event_type": "*", "enabled": true, "worker": "clerk",
       "target_kind": "report", "target_ref": "report:post", "dry_run": false, "description": "Posts."}]', 'dba');
    select public.fn_iu_sql_route_set('[{"route_code": "harvest.inbound", "source_table": "public.dot_config",
             "sql_event": "insert", "key_column": "key", "event_domain": "harvest", "event_type": "sown"}]', 'dba');
    select public.fn_iu_route_worker_register(worker, '{}', 'operator') from unnest('{clerk,again,idle}'::text[]) as worker;
    select public.fn_iu_route_worker_enable(worker, 'operator', 'work') from unnest('{clerk,again}'::text[]) as worker;
    select public.fn_iu_route_worker_rebaseline(worker, 'fresh', 'operator', 'from now on')
      from unnest('{clerk,again,idle}'::text[]) as worker`);
  for (const ref of [1, 2, 3]) await sown(ref);
  await run('clerk');
  await client.query(
    `select public.fn_iu_route_worker_resolve(${letter('asc')}, 'operator', 'nothing grows there')`,
  );
  await client.query(`select public.fn_iu_route_claim_pending('clerk', 1, ${FENCE}, 3600)`);
  const give = `select public.fn_iu_route_set(jsonb_build_array(jsonb_build_object(
                  'route_code', 'harvest.dry', 'worker', $1::text)), 'operator')`;
  await client.query(give, ['again']);
  await run('again');
  await client.query(give, ['clerk']);
  await sown(4);
}

/** Registers hearing.held, which everybody may emit: the types of runtime/010 are reserved. */
export const registerHearing = (client: pg.Client) =>
  client.query(
    `select public.fn_iu_event_type_set('[{"event_domain": "hearing", "event_type": "held", "severity": "info",
       "event_stream": "update", "delivery_lane": "delayed", "description": "A hearing was held."}]', 'dba')`,
  );

/**
 * Units with a past, so that every table of units, their lifecycle and their editions has rows: two editions,
 * a waiting draft, an alias, moves, a deleted unit, one superseded, one retired.
 */
export async function aPast(client: pg.Client): Promise<void> {
  const [teil, art1, art2, art3, art4] = ['TEIL-1', 'ART-1', 'ART-2', 'ART-3', 'ART-4'].map(
    (name) => `DE-GG/${name}`,
  ) as [string, string, string, string, string];
  await createMany(client, [
    spec({ address: teil, section_type: 'heading', body: 'I. Die Grundrechte\n' }),
    spec({ address: art1, parent_ref: teil, body: 'Die Würde des Menschen ist unantastbar.\n' }),
    spec({ address: art2, parent_ref: teil, body: 'Jeder hat das Recht auf Leben.\n' }),
    spec({ address: art3, parent_ref: teil, body: 'Alle Menschen sind gleich.\n' }),
    spec({ address: art4, parent_ref: teil, body: 'Ein Entwurf.\n' }),
  ]);
  await enact(client, [teil, art1, art2]);
  await client.query("select public.fn_iu_save($1, 'Art 1', 'Die Würde ist unantastbar.', 'an editor')", [
    art1,
  ]);
  await enact(client, [art1]);
  await client.query("select public.fn_iu_move($1, null, 'an editor', 'comes first')", [art2]);
  await client.query("select public.fn_iu_alias_add('DE-GG/ARTIKEL-1', $1, 'an editor', 'its long name')", [
    art1,
  ]);
  for (const [verb, address] of [
    ['supersede', art2],
    ['retire', art3],
  ] as const) {
    const decided = await approve(client, verb, [address], verb === 'supersede' ? art1 : undefined);
    await client.query(`select public.fn_iu_${verb}($1, 'an operator', $2)`, [address, decided]);
  }
  await client.query("select public.fn_iu_save($1, 'Art 1', 'Ein neuer Entwurf.', 'an editor')", [art1]);
  await client.query("select public.fn_iu_piece_soft_delete($1, 'an editor', 'not now')", [art4]);
}
