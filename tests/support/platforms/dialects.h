// SPDX-License-Identifier: Apache-2.0
// dialects.h - All the dialects there are, a maker each, in the file of its name. Their list by
// name is in dialects.cpp.
#pragma once

#include <memory>

#include "support/platforms/dialect.h"

namespace iotcard::simulated {

std::unique_ptr<Dialect> make_jasper();
std::unique_ptr<Dialect> make_unicom_cmp();
std::unique_ptr<Dialect> make_onelink_v5();
std::unique_ptr<Dialect> make_ctwing_5gcmp();
std::unique_ptr<Dialect> make_simboss();
std::unique_ptr<Dialect> make_quectel_cmp();
std::unique_ptr<Dialect> make_huawei_gsl();
std::unique_ptr<Dialect> make_1nce();
std::unique_ptr<Dialect> make_emnify();
std::unique_ptr<Dialect> make_soracom();
std::unique_ptr<Dialect> make_hologram();
std::unique_ptr<Dialect> make_telnyx();
std::unique_ptr<Dialect> make_twilio_supersim();
std::unique_ptr<Dialect> make_kore_supersim();
std::unique_ptr<Dialect> make_verizon_thingspace();
std::unique_ptr<Dialect> make_onomondo();

}  // namespace iotcard::simulated
