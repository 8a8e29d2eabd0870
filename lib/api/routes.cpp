// SPDX-License-Identifier: Apache-2.0
// The table of all routes.
#include "api/handlers.h"

namespace iotcard {

const std::vector<Route>& all_routes() {
  using enum Method;
  using Use = StoreUse;
  using Body = BodyKind;
  static const std::vector<Route> routes{
      {post, "/session", Scope::none, Use::none, Body::json, handle_session_open},
      {get, "/session", Scope::none, Use::none, Body::none, handle_session},
      {remove, "/session", Scope::none, Use::none, Body::none, handle_session_close},
      {get, "/healthz", Scope::none, Use::none, Body::none, handle_healthz},
      {get, "/readyz", Scope::none, Use::none, Body::none, handle_readyz},
      {get, "/metrics", Scope::read, Use::read_if_any, Body::none, handle_metrics},
      {get, "/status", Scope::read, Use::list, Body::none, handle_status},
      {get, "/doctor", Scope::read, Use::list, Body::none, handle_doctor},
      {get, "/settings", Scope::read, Use::none, Body::none, handle_settings},
      {get, "/event/stream", Scope::read, Use::none, Body::none, handle_event_stream},
      {get, "/event/list", Scope::read, Use::list, Body::none, handle_event_list},
      {get, "/event/quarantine", Scope::read, Use::list, Body::none, handle_quarantine},
      {get, "/card/list", Scope::read, Use::list, Body::none, handle_card_list},
      {get, "/card/abnormal", Scope::read, Use::list, Body::none, handle_card_abnormal},
      {get, "/card/statistics", Scope::read, Use::list, Body::none, handle_card_statistics},
      {get, "/card/export", Scope::read, Use::download, Body::none, handle_card_export},
      {post, "/card/import", Scope::write, Use::import, Body::csv, handle_card_import},
      {get, "/card/import/columns", Scope::read, Use::none, Body::none, handle_import_columns},
      {get, "/card/import/uploads/{id}", Scope::read, Use::none, Body::none, handle_upload},
      {get, "/card/import/uploads/{id}/problems", Scope::read, Use::none, Body::none,
       handle_upload_problems},
      {post, "/card/batch", Scope::write, Use::import, Body::json, handle_card_batch},
      {post, "/card/lookup", Scope::read, Use::list, Body::json, handle_card_lookup},
      {post, "/card", Scope::write, Use::write, Body::json, handle_card_add},
      {get, "/card/{iccid}", Scope::read, Use::read, Body::none, handle_card},
      {put, "/card/{iccid}", Scope::write, Use::write, Body::json, handle_card_set},
      {remove, "/card/{iccids}", Scope::write, Use::write, Body::none, handle_card_remove},
      {post, "/card/{iccid}/state", Scope::write, Use::write, Body::json, handle_card_state},
      {get, "/card/{iccid}/history", Scope::read, Use::list, Body::none, handle_card_history},
      {get, "/card/{iccid}/changes", Scope::read, Use::list, Body::none, handle_card_changes},
      {post, "/card/{iccid}/bind", Scope::write, Use::write, Body::json, handle_bind},
      {post, "/card/{iccid}/unbind", Scope::write, Use::write, Body::json, handle_unbind},
      {post, "/card/{iccid}/refresh", Scope::write, Use::none, Body::json, handle_card_refresh},
      {post, "/card/{iccid}/suspend", Scope::write, Use::none, Body::json, handle_card_suspend},
      {post, "/card/{iccid}/resume", Scope::write, Use::none, Body::json, handle_card_resume},
      {get, "/platform/list", Scope::read, Use::list, Body::none, handle_platform_list},
      {post, "/platform/{id}/test", Scope::write, Use::none, Body::json, handle_platform_test},
      {post, "/platform/{id}/accept-not-found", Scope::write, Use::import, Body::json,
       handle_accept_not_found},
      {get, "/device/list", Scope::read, Use::list, Body::none, handle_device_list},
      {get, "/device/export", Scope::read, Use::download, Body::none, handle_device_export},
      {get, "/device/{product}/{number}", Scope::read, Use::read, Body::none, handle_device},
      {post, "/device/{product}/{number}/unbind", Scope::write, Use::write, Body::json,
       handle_device_unbind},
      {remove, "/device/{product}/{number}", Scope::write, Use::write, Body::none,
       handle_device_remove},
      {post, "/device/{product}/{number}/ask", Scope::write, Use::none, Body::json,
       handle_device_ask},
      {get, "/mismatch/list", Scope::read, Use::list, Body::none, handle_mismatch_list},
      {get, "/mismatch/statistics", Scope::read, Use::list, Body::none, handle_mismatch_statistics},
      {get, "/mismatch/export", Scope::read, Use::download, Body::none, handle_mismatch_export},
      {post, "/mismatch/accept", Scope::write, Use::import, Body::json, handle_mismatches_accept},
      {post, "/mismatch/dismiss", Scope::write, Use::import, Body::json, handle_mismatches_dismiss},
      {post, "/mismatch/reopen", Scope::write, Use::import, Body::json, handle_mismatches_reopen},
      {get, "/mismatch/{id}", Scope::read, Use::read, Body::none, handle_mismatch},
      {post, "/mismatch/{id}/accept", Scope::write, Use::write, Body::json, handle_mismatch_accept},
      {post, "/mismatch/{id}/dismiss", Scope::write, Use::write, Body::json,
       handle_mismatch_dismiss},
      {post, "/mismatch/{id}/reopen", Scope::write, Use::write, Body::json, handle_mismatch_reopen},
      {get, "/rejected/list", Scope::read, Use::list, Body::none, handle_rejected_list},
      {remove, "/rejected", Scope::write, Use::write, Body::none, handle_rejected_remove},
      {get, "/rejected/statistics", Scope::read, Use::list, Body::none, handle_rejected_statistics},
      {get, "/rejected/{id}", Scope::read, Use::read, Body::none, handle_rejected},
      {get, "/rejected/{id}/payload", Scope::read, Use::read, Body::none, handle_rejected_payload},
      {post, "/rejected/{id}/replay", Scope::write, Use::write, Body::json, handle_rejected_replay},
      {post, "/report/explain", Scope::read, Use::read, Body::any, handle_report_explain},
  };
  return routes;
}

}  // namespace iotcard
