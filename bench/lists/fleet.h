// SPDX-License-Identifier: Apache-2.0
// fleet.h - The fleet that the measurements of this folder read, and requests to the daemon's API
// with their times. One thread for each client.
#pragma once

#include <httplib.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "store/store.h"

namespace iotcard {

std::string iccid(std::int64_t number);
void fill_cards(Store& store, std::int64_t cards);
// Each of a device of its own that reports a card which is not stored.
void fill_mismatches(Store& store, std::int64_t mismatches);

void prepare(httplib::Client& client);
// Throws if the response is not a success.
double seconds_to_get(httplib::Client& client, const std::string& path);

double seconds_since(std::chrono::steady_clock::time_point begin);
double median(std::vector<double> values);

}  // namespace iotcard
