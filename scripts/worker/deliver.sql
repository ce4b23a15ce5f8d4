-- safe_payload as text: a number keeps all its digits.
select event_id, route_code, attempt_no, event_uid, target_kind, target_ref, idempotency_key,
       safe_payload::text as safe_payload, claim_token
  from public.fn_iu_route_claim_pending($1, $2, $3);
