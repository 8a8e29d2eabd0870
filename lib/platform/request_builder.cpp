// SPDX-License-Identifier: Apache-2.0
#include "platform/request_builder.h"

#include <algorithm>
#include <optional>

#include "base/digest.h"
#include "base/json_text.h"
#include "base/text.h"
#include "base/utf8.h"

namespace iotcard {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

// k=v&k=v, percent-encoded or as it is.
std::string joined(const Pairs& pairs, bool encoded) {
  std::string all;
  for (const auto& [key, value] : pairs) {
    if (!all.empty()) all += '&';
    all += (encoded ? percent_encoded(key) : key) + '=';
    all += encoded ? percent_encoded(value) : value;
  }
  return all;
}

std::string sorted(Pairs pairs) {
  std::ranges::stable_sort(pairs, {}, &Pairs::value_type::first);
  return joined(pairs, false);
}

bool same_name(std::string_view a, std::string_view b, bool any_case) {
  return any_case ? equal_ignoring_case(a, b) : a == b;
}

// A later one replaces an earlier one of the same name.
void add(Pairs& pairs, const NamedTemplates& templates, Values& values, bool any_case) {
  for (const auto& [key, text] : templates) {
    const std::string& name = key;  // clang 14 captures no binding
    std::string value = values.text(text);
    const auto same = std::ranges::find_if(
        pairs, [&](const auto& pair) { return same_name(pair.first, name, any_case); });
    if (same == pairs.end()) {
      pairs.emplace_back(name, std::move(value));
    } else {
      same->second = std::move(value);
    }
  }
}

// Objects are merged member by member; otherwise the value of the step replaces the other.
void merge(JsonTemplate& into, const JsonTemplate& from) {
  using Kind = JsonTemplate::Kind;
  if (into.kind != Kind::object || from.kind != Kind::object) {
    into = from;
    return;
  }
  for (const auto& [key, value] : from.elements) {
    const std::string& name = key;
    const auto same =
        std::ranges::find_if(into.elements, [&](const auto& one) { return one.first == name; });
    if (same == into.elements.end()) {
      into.elements.emplace_back(name, value);
    } else {
      merge(same->second, value);
    }
  }
}

void write(const JsonTemplate& value, Values& values, const std::vector<std::string>& iccids,
           JsonText& json) {
  using Kind = JsonTemplate::Kind;
  switch (value.kind) {
    case Kind::text:
      json.text(replace_invalid_utf8(values.text(value.text)));
      break;
    case Kind::literal:
      json.raw(value.literal);
      break;
    case Kind::iccids:
      json.begin_array();
      for (const std::string& iccid : iccids) json.text(iccid);
      json.end_array();
      break;
    case Kind::array:
      json.begin_array();
      for (const auto& [key, element] : value.elements) write(element, values, iccids, json);
      json.end_array();
      break;
    case Kind::object:
      json.begin_object();
      for (const auto& [key, element] : value.elements) {
        json.text(key);
        write(element, values, iccids, json);
      }
      json.end_object();
      break;
  }
}

struct Builder {
  const Profile& profile_;
  const Step& step_;
  bool shared_;
  Values& values_;
  const std::vector<std::string>& iccids_;
  Pairs headers_{}, query_{}, form_{};
  std::string body_{};
  bool is_json_ = false;
  bool is_form_ = false;

  std::variant<HttpRequest, std::string> build(const std::string& base_url) {
    std::string url = base_url;
    if (auto problem = add_path(url)) return *problem;
    if (shared_) {
      add(headers_, profile_.request.headers, values_, true);
      add(query_, profile_.request.query, values_, false);
    }
    add(headers_, step_.parts.headers, values_, true);
    add(query_, step_.parts.query, values_, false);
    make_body();
    if (shared_) sign();
    if (is_form_) body_ = joined(form_, true);
    if (!query_.empty()) url += '?' + joined(query_, true);
    add_standard_headers();
    for (const auto& [name, value] : headers_) {
      if (std::ranges::any_of(value, [](char c) {
            return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
          })) {
        return "the header " + name + " would have a control character in it";
      }
    }
    if (!values_.problem().empty()) return values_.problem();
    return HttpRequest{step_.method, url, headers_, body_};
  }

  std::optional<std::string> add_path(std::string& url) {
    for (const TemplatePiece& piece : step_.path.pieces) {
      const std::string text = values_.value(piece);
      if (piece.variable.empty()) {
        url += text;
        continue;
      }
      // These are not encoded, and would change the path.
      if (text == "." || text == ".." || text.empty()) {
        return "a piece of the path would be \"" + text + '"';
      }
      url += percent_encoded(text);
    }
    return std::nullopt;
  }

  void make_body() {
    const bool takes_body = step_.method != "GET" && step_.method != "DELETE";
    const RequestParts& own = step_.parts;
    const bool common = shared_ && takes_body;
    std::optional<JsonTemplate> json;
    if (common && own.form.empty()) json = profile_.request.json;
    if (own.json) {
      if (!json)
        json = own.json;
      else
        merge(*json, *own.json);
    }
    if (json) {
      JsonText text;
      write(*json, values_, iccids_, text);
      body_ = text.take();
      is_json_ = true;
      return;
    }
    if (common) add(form_, profile_.request.form, values_, false);
    add(form_, own.form, values_, false);
    is_form_ = !form_.empty() || (common && !profile_.signature.form.empty());
    if (is_form_) body_ = joined(form_, true);
  }

  void sign() {
    values_.set("sorted_query", sorted(query_));
    values_.set("sorted_form", sorted(form_));
    values_.set("body", body_);
    Pairs headers, query, form;
    add(headers, profile_.signature.headers, values_, true);
    add(query, profile_.signature.query, values_, false);
    if (is_form_) add(form, profile_.signature.form, values_, false);
    headers_.insert(headers_.end(), headers.begin(), headers.end());
    query_.insert(query_.end(), query.begin(), query.end());
    form_.insert(form_.end(), form.begin(), form.end());
  }

  void add_standard_headers() {
    const auto add_unless_there = [&](const std::string& name, const std::string& value) {
      for (const auto& header : headers_) {
        if (same_name(header.first, name, true)) return;
      }
      headers_.emplace_back(name, value);
    };
    if (is_json_) add_unless_there("Content-Type", "application/json");
    if (is_form_) add_unless_there("Content-Type", "application/x-www-form-urlencoded");
    add_unless_there("Accept", "application/json");
  }
};

}  // namespace

std::variant<HttpRequest, std::string> build_request(const Profile& profile,
                                                     const std::string& base_url, const Step& step,
                                                     bool shared, Values& values,
                                                     const std::vector<std::string>& iccids) {
  return Builder{profile, step, shared, values, iccids}.build(base_url);
}

}  // namespace iotcard
