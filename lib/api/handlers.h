// SPDX-License-Identifier: Apache-2.0
// handlers.h - The functions behind the routes; routes.cpp has the table of them. Each reads the
// request, calls lib/operations and writes the response; it throws ApiError, OperationError or
// StoreError, and knows nothing of connections, tokens and threads. Any thread.
#pragma once

#include "api/route.h"

namespace iotcard {

void handle_web_page(const Call& call);
void handle_web_file(const Call& call);
void handle_session_open(const Call& call, JsonBody& body);
void handle_session(const Call& call);
void handle_session_close(const Call& call);
void handle_healthz(const Call& call);
void handle_readyz(const Call& call);
void handle_metrics(const Call& call);
void handle_status(const Call& call);
void handle_doctor(const Call& call);
void handle_settings(const Call& call);
void handle_event_stream(const Call& call, QueryReader& reader);
void handle_event_list(const Call& call, QueryReader& reader);
void handle_card_list(const Call& call, QueryReader& reader);
void handle_card_facets(const Call& call, QueryReader& reader);
void handle_device_facets(const Call& call, QueryReader& reader);
void handle_report_series(const Call& call, QueryReader& reader);
void handle_search(const Call& call, QueryReader& reader);
void handle_card_abnormal(const Call& call, QueryReader& reader);
void handle_card_statistics(const Call& call, QueryReader& reader);
void handle_card_export(const Call& call, QueryReader& reader);
void handle_card_lookup(const Call& call, JsonBody& body);
void handle_card_batch(const Call& call, QueryReader& reader, JsonBody& body);
void handle_card_import(const Call& call, QueryReader& reader);
void handle_import_columns(const Call& call);
void handle_upload(const Call& call);
void handle_upload_problems(const Call& call);
void handle_card_add(const Call& call, JsonBody& body);
void handle_card(const Call& call);
void handle_card_set(const Call& call, JsonBody& body);
void handle_card_remove(const Call& call, QueryReader& reader);
void handle_card_state(const Call& call);
void handle_card_history(const Call& call, QueryReader& reader);
void handle_card_changes(const Call& call, QueryReader& reader);
void handle_bind(const Call& call, JsonBody& body);
void handle_unbind(const Call& call, JsonBody& body);
void handle_card_refresh(const Call& call, JsonBody& body);
void handle_card_suspend(const Call& call, JsonBody& body);
void handle_card_resume(const Call& call, JsonBody& body);
void handle_platform_list(const Call& call);
void handle_platform_test(const Call& call, JsonBody& body);
void handle_accept_not_found(const Call& call, JsonBody& body);
void handle_device_list(const Call& call, QueryReader& reader);
void handle_device_export(const Call& call, QueryReader& reader);
void handle_device(const Call& call);
void handle_device_unbind(const Call& call, JsonBody& body);
void handle_device_remove(const Call& call, QueryReader& reader);
void handle_device_ask(const Call& call, JsonBody& body);
void handle_mismatch_list(const Call& call, QueryReader& reader);
void handle_mismatch_statistics(const Call& call);
void handle_mismatch_export(const Call& call, QueryReader& reader);
void handle_mismatch(const Call& call);
void handle_mismatches_accept(const Call& call, QueryReader& reader, JsonBody& body);
void handle_mismatches_dismiss(const Call& call, QueryReader& reader, JsonBody& body);
void handle_mismatches_reopen(const Call& call, QueryReader& reader, JsonBody& body);
void handle_mismatch_accept(const Call& call, JsonBody& body);
void handle_mismatch_dismiss(const Call& call, JsonBody& body);
void handle_mismatch_reopen(const Call& call, JsonBody& body);
void handle_quarantine(const Call& call, QueryReader& reader);
void handle_rejected_list(const Call& call, QueryReader& reader);
void handle_rejected_statistics(const Call& call);
void handle_rejected(const Call& call);
void handle_rejected_payload(const Call& call);
void handle_rejected_replay(const Call& call, QueryReader& reader, JsonBody& body);
void handle_rejected_remove(const Call& call, QueryReader& reader);
void handle_report_explain(const Call& call, QueryReader& reader);

}  // namespace iotcard
