--! Title: Remove the outbound routes again; refused (IU055) while a delivery of one is pending

begin;

select public.fn_iu_route_remove(
         '{piece.any.report,piece.enacted.workflow,piece.superseded.workflow,
           piece.retired.workflow,document.edition_frozen.report,review.decided.report,
           governance.alert.report}',
         'rollback/020_routes');

commit;
