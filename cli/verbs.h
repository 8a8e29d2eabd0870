// SPDX-License-Identifier: Apache-2.0
// verbs.h - The verbs of iotcardctl. Each is a function of a file of its own that declares the
// verb's arguments and returns what to do once they are parsed; main.cpp has the table of them.
// The main thread only.
#pragma once

#include <functional>

#include "arguments.h"
#include "program.h"

namespace iotcard {

// Returns the exit status. Throws UsageError, ConfigError and what the operations throw.
using Action = std::function<int(Program&)>;

struct Verb {
  const char* group;  // such as "card"; "": none
  const char* name;
  const char* description;
  Action (*declare)(Arguments& arguments);
  bool needs_good_configuration = true;  // false: the verb itself reports what is wrong with it
};

Action card_import_verb(Arguments& arguments);
Action card_export_verb(Arguments& arguments);
Action card_list_verb(Arguments& arguments);
Action card_show_verb(Arguments& arguments);
Action card_add_verb(Arguments& arguments);
Action card_set_verb(Arguments& arguments);
Action card_remove_verb(Arguments& arguments);
Action card_refresh_verb(Arguments& arguments);
Action card_suspend_verb(Arguments& arguments);
Action card_resume_verb(Arguments& arguments);
Action device_list_verb(Arguments& arguments);
Action device_show_verb(Arguments& arguments);
Action device_ask_verb(Arguments& arguments);
Action bind_verb(Arguments& arguments);
Action unbind_verb(Arguments& arguments);
Action mismatch_list_verb(Arguments& arguments);
Action mismatch_accept_verb(Arguments& arguments);
Action mismatch_dismiss_verb(Arguments& arguments);
Action rejected_list_verb(Arguments& arguments);
Action rejected_show_verb(Arguments& arguments);
Action platform_list_verb(Arguments& arguments);
Action platform_test_verb(Arguments& arguments);
Action replay_verb(Arguments& arguments);
Action explain_verb(Arguments& arguments);
Action tail_verb(Arguments& arguments);
Action simulate_verb(Arguments& arguments);
Action status_verb(Arguments& arguments);
Action doctor_verb(Arguments& arguments);

}  // namespace iotcard
