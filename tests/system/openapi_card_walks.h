// SPDX-License-Identifier: Apache-2.0
// openapi_card_walks.h - The operations on cards and on their platforms, of OpenApiWalk's daemon.
// In this order: each builds on what those before it left.
#pragma once

#include <string>

#include "system/openapi_walk.h"
#include "system/platform_world.h"

namespace iotcard::card_walks {

inline const std::string one = documented_iccid;  // of examples/cards.csv, as is `two`
inline const std::string two = "89860617060065258667";
inline const std::string added = "89860325740000000017";  // by scan_cards(), at platform 3

void walk_imports(OpenApiWalk& walk);
void scan_cards(OpenApiWalk& walk);  // when the first report has come
void walk_platforms(OpenApiWalk& walk, PlatformServer& platform);
void walk_lookup(OpenApiWalk& walk);
void walk_batches(OpenApiWalk& walk);
void walk_bindings(OpenApiWalk& walk);

}  // namespace iotcard::card_walks
