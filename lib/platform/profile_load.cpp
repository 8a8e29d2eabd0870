// SPDX-License-Identifier: Apache-2.0
// Reads the file of a profile, section by section: first those to which others refer (settings,
// maps, vars).
#include <fmt/format.h>

#include <algorithm>

#include "base/small_file.h"
#include "base/text_sanitizer.h"
#include "platform/profile_reader.h"

namespace iotcard {
namespace {

using std::chrono::seconds;

const std::set<std::string> one_card = {"iccid", "iccid19", "iccid20"};
const std::set<std::string> of_signature = {"sorted_query", "sorted_form", "body"};

Check check_base_url(const std::string& url) {
  if (is_base_url(url)) return std::nullopt;
  return expected(url_expected);
}

class Reader {
 public:
  Reader(const toml::table& root, ConfigMistakes& mistakes)
      : root_("", &root, mistakes), parts_(profile_, mistakes), mistakes_(mistakes) {}

  Profile read() {
    root_.text("name", profile_.name, not_empty);
    root_.require("name", "what the platform is called");
    std::string documentation;
    root_.text("documentation", documentation, not_empty);
    root_.require("documentation", "where the API is described, a URL");
    root_.text("base_url", profile_.base_url, check_base_url);
    read_settings();
    read_maps();
    const std::vector<const toml::table*> logins = login_tables();
    const VariableNames names = login_names(logins);
    read_vars(names);
    VariableNames shared = names;
    shared.insert("iccids");
    VariableNames card = shared;
    card.insert(one_card.begin(), one_card.end());
    const bool batch = root_.has("batch");
    read_request_section(batch ? shared : card);
    read_logins(logins);
    read_answer(parts_, root_, !logins.empty());
    profile_.card = read_steps(parts_, root_, "card", StepKind::card, card);
    profile_.batch_steps = read_steps(parts_, root_, "batch", StepKind::batch, shared);
    profile_.suspend = read_steps(parts_, root_, "suspend", StepKind::action, card);
    profile_.resume = read_steps(parts_, root_, "resume", StepKind::action, card);
    if (!root_.has("card") && !batch) root_.mistake("card", "expected [[card]] or [[batch]] steps");
    read_limits(parts_, root_);
    check_setting_values();
    root_.finish();
    return std::move(profile_);
  }

 private:
  // The tables below a section, each with a name of its own.
  template <typename Take>
  void each_table(const std::string& key, const Take& take) {
    const toml::table* table = root_.table(key);
    if (table == nullptr) return;
    for (const auto& [name, node] : in_order(*table)) {
      const std::string path = key + '.' + name;
      if (const toml::table* inner = node->as_table()) {
        take(name, *node, SectionReader{path, inner, mistakes_}, *inner);
      } else {
        parts_.expected(*node, path, fmt::format("a section, [{}]", path));
      }
    }
  }

  void read_settings() {
    each_table("settings", [&](const std::string& name, const toml::node& node,
                               SectionReader section, const toml::table&) {
      if (const auto problem = setting_problem(name)) {
        mistakes_.add(node.source(), "settings." + name, *problem);
      }
      Setting setting{name};
      std::string about;
      section.text("about", about, not_empty);
      section.require("about", "a description for people");
      section.boolean("secret", setting.secret);
      if (section.has("default")) section.text("default", setting.default_value.emplace());
      section.texts("one_of", setting.one_of);
      const auto& values = setting.one_of;
      if (setting.default_value && !values.empty() && !contains(values, *setting.default_value)) {
        section.mistake("default", "expected one of one_of");
      }
      if (setting.secret && (setting.default_value || !values.empty())) {
        section.mistake("secret", "expected neither default nor one_of with a secret");
      }
      section.finish();
      setting_nodes_[name] = &node;
      profile_.settings.push_back(std::move(setting));
    });
  }

  void read_maps() {
    each_table("maps", [&](const std::string& name, const toml::node&, SectionReader section,
                           const toml::table& table) {
      ValueMap map;
      Card scratch{*Iccid::from_canonical("8986000000000000000")};
      const CardField* field = find_card_field(name);
      for (const auto& [theirs, node] : in_order(table)) {
        std::string ours;
        section.text(theirs, ours, [&](const std::string& value) -> Check {
          if (auto problem = not_empty(value)) return problem;
          if (name == "unit" && !bytes_of_unit(value)) {
            return expected(unit_expected);
          }
          return field == nullptr ? std::nullopt : field->set(scratch, value);
        });
        map.emplace(theirs, ours);
      }
      profile_.maps.emplace(name, std::move(map));
    });
  }

  // [login], or several steps, [[login]].
  std::vector<const toml::table*> login_tables() {
    const toml::node* node = root_.node("login");
    if (node != nullptr && node->is_array()) return root_.tables("login");
    const toml::table* one = root_.table("login");
    return one == nullptr ? std::vector<const toml::table*>{} : std::vector{one};
  }

  static VariableNames login_names(const std::vector<const toml::table*>& logins) {
    VariableNames names;
    for (const toml::table* login : logins) {
      const toml::table* save = (*login)["save"].as_table();
      if (save == nullptr) continue;
      for (const auto& [name, node] : *save) names.insert("login." + std::string{name.str()});
    }
    return names;
  }

  void read_vars(const VariableNames& login) {
    const toml::table* table = root_.table("vars");
    if (table == nullptr) return;
    std::vector<std::pair<std::string, const toml::node*>> vars = in_order(*table);
    for (const auto& [name, node] : vars) {
      auto problem = name_problem(name);
      if (profile_.find_setting(name) != nullptr)
        problem = "expected another name: a setting has it";
      if (problem) mistakes_.add(node->source(), "vars." + name, *problem);
      profile_.vars[name];  // so that others may use it
    }
    VariableNames anywhere = login;
    anywhere.insert("iccids");
    anywhere.insert(one_card.begin(), one_card.end());
    anywhere.insert(of_signature.begin(), of_signature.end());
    for (const char* steps : {"card", "batch", "suspend", "resume"}) add_saved(steps, anywhere);
    std::map<std::string, Template> read;
    for (const auto& [name, node] : vars) {
      if (auto text = parts_.read_template(*node, "vars." + name, anywhere)) {
        read.emplace(name, std::move(*text));
      }
    }
    for (auto& [name, text] : read) profile_.vars[name] = std::move(text);
    std::vector<std::string> wrong;
    for (const auto& [name, node] : vars) {
      if (const auto problem = var_problem(profile_, name, anywhere)) {
        mistakes_.add(node->source(), "vars." + name, *problem);
        wrong.push_back(name);
      }
    }
    for (const std::string& name : wrong) profile_.vars[name] = {};  // reported; do not use it
  }

  // What some step saves; whether it comes before is looked at where they are used.
  void add_saved(const char* key, VariableNames& scope) {
    const toml::array* steps = (*root_.whole())[key].as_array();
    for (std::size_t i = 0; steps != nullptr && i < steps->size(); ++i) {
      const toml::table* step = (*steps)[i].as_table();
      const toml::table* save = step == nullptr ? nullptr : (*step)["save"].as_table();
      if (save == nullptr) continue;
      for (const auto& [name, node] : *save) scope.insert(std::string{name.str()});
    }
  }

  void read_request_section(const VariableNames& scope) {
    const toml::table* table = root_.table("request");
    SectionReader section{"request", table, mistakes_};
    parts_.parts(section, profile_.request, scope, true);
    if (section.has("form") && section.has("json")) {
      section.mistake("json", "expected only one of form and json");
    }
    VariableNames with_sums = scope;
    with_sums.insert(of_signature.begin(), of_signature.end());
    SectionReader signature{"request.signed", section.table("signed"), mistakes_};
    parts_.parts(signature, profile_.signature, with_sums, false);
    signature.finish();
    section.finish();
  }

  void read_logins(const std::vector<const toml::table*>& logins) {
    VariableNames saved;  // by the steps before
    for (const toml::table* table : logins) {
      SectionReader section{"login", table, mistakes_};
      LoginStep login{.step = {.name = "login"}};
      section.text("name", login.step.name, [&](const std::string& name) -> Check {
        const bool again = std::ranges::any_of(
            profile_.login, [&](const LoginStep& other) { return other.step.name == name; });
        if (!name.empty() && name.size() <= 64 && !again) return std::nullopt;
        return expected("a name that no other [[login]] has, of at most 64 characters");
      });
      if (logins.size() > 1) section.require("name", "the step's name, for messages");
      iotcard::read_request(parts_, section, login.step, saved);
      read_login_url(section, login);
      parts_.saves(section, login.step.save);
      section.require("save", "what is kept, { token = \"/…\" }");
      for (const auto& [name, path] : login.step.save) {
        if (saved.insert("login." + name).second) continue;
        section.mistake(
            "save", "expected another name than " + name + ", which an earlier [[login]] saves");
      }
      section.seconds("ttl", login.ttl, seconds{1}, std::chrono::days{365});
      parts_.pointer(section, "ttl_at", login.ttl_at);
      section.finish();
      profile_.login.push_back(std::move(login));
    }
  }

  // Credentials go only where the profile itself or the operator says, so nothing that a server has
  // answered can be part of this URL.
  void read_login_url(SectionReader& section, LoginStep& login) {
    const toml::node* node = section.node("base_url");
    if (node == nullptr) return;
    const std::string path = section.path("base_url");
    const auto text = parts_.read_template(*node, path, {});
    if (!text) return;
    const TemplatePiece piece = text->pieces.size() == 1 ? text->pieces.front() : TemplatePiece{};
    const bool setting =
        text->is_variable(piece.variable) && profile_.find_setting(piece.variable) != nullptr;
    const bool literal = piece.variable.empty() && piece.literal.starts_with("https://") &&
                         is_base_url(piece.literal);
    if (!setting && !literal) {
      return parts_.expected(*node, path,
                             std::string{url_expected} + ", or {a setting} that is one");
    }
    if (setting) profile_.url_settings.insert(piece.variable);
    login.base_url = *text;
  }

  // A setting that is used as a zone or a unit must have such a value.
  void check_setting_values() {
    const auto check = [&](const std::string& name, const std::string& what, auto reading) {
      const Setting* setting = profile_.find_setting(name);
      std::vector<std::string> values = setting->one_of;
      if (setting->default_value) values.push_back(*setting->default_value);
      for (const std::string& value : values) {
        if (reading(value)) continue;
        return mistakes_.add(setting_nodes_[name]->source(), "settings." + name,
                             "expected " + what + " as its values");
      }
    };
    for (const std::string& name : profile_.zone_settings) {
      check(name, "a zone, such as +08:00,", offset_of_zone);
    }
    for (const std::string& name : profile_.unit_settings) {
      check(name, unit_expected, bytes_of_unit);
    }
    for (const std::string& name : profile_.url_settings) check(name, url_expected, is_base_url);
  }

  Profile profile_;
  SectionReader root_;
  PartsReader parts_;
  ConfigMistakes& mistakes_;
  std::map<std::string, const toml::node*> setting_nodes_;
};

}  // namespace

std::shared_ptr<const Profile> parse_profile(std::string_view text, const std::string& name) {
  ConfigMistakes mistakes{name};
  toml::table root;
  try {
    root = toml::parse(text, name);
  } catch (const toml::parse_error& error) {
    throw ProfileError{fmt::format("{}:{}: {}", name, std::max(error.source().begin.line, 1U),
                                   printable(error.description(), 256))};
  }
  Profile profile = Reader{root, mistakes}.read();
  if (!mistakes.empty()) throw ProfileError{mistakes.text()};
  return std::make_shared<const Profile>(std::move(profile));
}

std::shared_ptr<const Profile> load_profile(const std::string& path) {
  const auto file = read_small_file(path);
  if (const auto* problem = std::get_if<Problem>(&file)) {
    throw ProfileError{fmt::format("{}:1: cannot read this profile: {}", path, problem->text)};
  }
  return parse_profile(std::get<SmallFile>(file).text, path);
}

}  // namespace iotcard
