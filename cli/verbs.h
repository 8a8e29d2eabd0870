// SPDX-License-Identifier: Apache-2.0
// verbs.h - Each verb of iotcardctl, one file for each: its options, its help, and what it does.
// A verb adds itself to its parent command; when it is the one that was asked for, the parser
// leaves it in Program::verb. The main thread only.
#pragma once

namespace CLI {
class App;
}

namespace iotcard {

class Program;

void add_card_import(CLI::App& card, Program& program);
void add_card_export(CLI::App& card, Program& program);
void add_card_list(CLI::App& card, Program& program);
void add_card_show(CLI::App& card, Program& program);
void add_card_add(CLI::App& card, Program& program);
void add_card_set(CLI::App& card, Program& program);
void add_card_remove(CLI::App& card, Program& program);
void add_card_refresh(CLI::App& card, Program& program);
void add_card_suspend(CLI::App& card, Program& program);
void add_card_resume(CLI::App& card, Program& program);
void add_platform_list(CLI::App& platform, Program& program);
void add_platform_test(CLI::App& platform, Program& program);
void add_device_list(CLI::App& device, Program& program);
void add_device_show(CLI::App& device, Program& program);
void add_device_ask(CLI::App& device, Program& program);
void add_bind(CLI::App& app, Program& program);
void add_unbind(CLI::App& app, Program& program);
void add_mismatch_list(CLI::App& mismatch, Program& program);
void add_mismatch_accept(CLI::App& mismatch, Program& program);
void add_mismatch_dismiss(CLI::App& mismatch, Program& program);
void add_rejected_list(CLI::App& rejected, Program& program);
void add_rejected_show(CLI::App& rejected, Program& program);
void add_replay(CLI::App& app, Program& program);
void add_explain(CLI::App& app, Program& program);
void add_tail(CLI::App& app, Program& program);
void add_simulate(CLI::App& app, Program& program);
void add_status(CLI::App& app, Program& program);
void add_doctor(CLI::App& app, Program& program);

}  // namespace iotcard
