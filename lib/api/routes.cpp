// SPDX-License-Identifier: Apache-2.0
#include "api/route.h"

namespace iotcard {

const std::vector<Route>& all_routes() {
  static const std::vector<Route> routes = [] {
    std::vector<Route> made;
    add_health_routes(made);
    add_event_routes(made);
    add_report_routes(made);
    add_mismatch_routes(made);
    add_binding_routes(made);
    add_ask_routes(made);
    add_card_routes(made);
    add_device_routes(made);
    add_import_routes(made);
    add_list_routes(made);
    add_platform_routes(made);
    add_metrics_routes(made);
    return made;
  }();
  return routes;
}

}  // namespace iotcard
