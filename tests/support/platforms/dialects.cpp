// SPDX-License-Identifier: Apache-2.0
#include "support/platforms/dialects.h"

#include <array>
#include <utility>

namespace iotcard::simulated {
namespace {

constexpr std::array<std::pair<std::string_view, std::unique_ptr<Dialect> (*)()>, 16> all = {{
    {"jasper", make_jasper},
    {"unicom-cmp", make_unicom_cmp},
    {"onelink-v5", make_onelink_v5},
    {"ctwing-5gcmp", make_ctwing_5gcmp},
    {"simboss", make_simboss},
    {"quectel-cmp", make_quectel_cmp},
    {"huawei-gsl", make_huawei_gsl},
    {"1nce", make_1nce},
    {"emnify", make_emnify},
    {"soracom", make_soracom},
    {"hologram", make_hologram},
    {"telnyx", make_telnyx},
    {"twilio-supersim", make_twilio_supersim},
    {"kore-supersim", make_kore_supersim},
    {"verizon-thingspace", make_verizon_thingspace},
    {"onomondo", make_onomondo},
}};

}  // namespace

std::unique_ptr<Dialect> make_dialect(std::string_view name) {
  for (const auto& [known, make] : all) {
    if (known == name) return make();
  }
  return nullptr;
}

std::vector<std::string> dialect_names() {
  std::vector<std::string> out;
  for (const auto& [name, make] : all) out.emplace_back(name);
  return out;
}

}  // namespace iotcard::simulated
