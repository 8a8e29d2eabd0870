// SPDX-License-Identifier: Apache-2.0
// What Catch2 knows of the running test case, for TempDir. Linked into test programs only.
#define CATCH_CONFIG_EXTERNAL_INTERFACES
#include <atomic>
#include <catch2/catch.hpp>

#include "support/temp_dir.h"

namespace iotcard {
namespace {

std::atomic<bool> failed{false};

using Base = Catch::TestEventListenerBase;  // an alias in Catch2 3

class FailureListener : public Base {
 public:
  using Base::Base;
  void testCaseStarting(const Catch::TestCaseInfo& info) override {
    Base::testCaseStarting(info);
    ask_for_failure([] { return failed.load(); });
    failed = false;
  }
  auto assertionEnded(const Catch::AssertionStats& stats)
      -> decltype(Base::assertionEnded(stats)) override {
    if (!stats.assertionResult.isOk()) failed = true;
    return decltype(Base::assertionEnded(stats))(true);  // void in Catch2 3
  }
};
CATCH_REGISTER_LISTENER(FailureListener)

}  // namespace
}  // namespace iotcard
