// SPDX-License-Identifier: Apache-2.0
#include "platform/request_builder.h"

#include <algorithm>
#include <optional>

#include "base/json_text.h"
#include "base/utf8.h"
#include "platform/digest.h"

namespace iotcard {
namespace {

using Pairs = std::vector<std::pair<std::string, Shown>>;

// The mark stays readable.
std::string shown_encoded(std::string_view text) {
  constexpr std::string_view mark = "…";
  std::string encoded;
  for (std::size_t at = text.find(mark); at != std::string_view::npos; at = text.find(mark)) {
    encoded.append(percent_encoded(text.substr(0, at))).append(mark);
    text.remove_prefix(at + mark.size());
  }
  return encoded + percent_encoded(text);
}

void append(Shown& all, const std::string& text) {
  all.real += text;
  all.shown += text;
}

// k=v&k=v, percent-encoded or as it is.
Shown joined(const Pairs& pairs, bool encoded) {
  Shown all;
  for (const auto& [key, value] : pairs) {
    if (!all.real.empty()) append(all, "&");
    append(all, (encoded ? percent_encoded(key) : key) + '=');
    all.real += encoded ? percent_encoded(value.real) : value.real;
    all.shown += encoded ? shown_encoded(value.shown) : value.shown;
    all.secret = all.secret || value.secret;
  }
  return all;
}

Shown sorted(Pairs pairs) {
  std::stable_sort(pairs.begin(), pairs.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  return joined(pairs, false);
}

bool same_name(std::string_view a, std::string_view b, bool any_case) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return any_case ? lower(x) == lower(y) : x == y;
  });
}

// Later ones replace those of the same name.
void add(Pairs& pairs, const NamedTemplates& templates, Values& values, bool any_case) {
  for (const auto& [key, text] : templates) {
    const std::string& name = key;  // clang 14 captures no binding
    Shown value = values.text(text);
    const auto same = std::find_if(pairs.begin(), pairs.end(), [&](const auto& pair) {
      return same_name(pair.first, name, any_case);
    });
    if (same == pairs.end()) {
      pairs.emplace_back(name, std::move(value));
    } else {
      same->second = std::move(value);
    }
  }
}

// Objects member by member; of the rest the step's.
void merge(JsonTemplate& into, const JsonTemplate& from) {
  using Kind = JsonTemplate::Kind;
  if (into.kind != Kind::object || from.kind != Kind::object) {
    into = from;
    return;
  }
  for (const auto& [key, value] : from.elements) {
    const std::string& name = key;
    const auto same = std::find_if(into.elements.begin(), into.elements.end(),
                                   [&](const auto& one) { return one.first == name; });
    if (same == into.elements.end()) {
      into.elements.emplace_back(name, value);
    } else {
      merge(same->second, value);
    }
  }
}

struct JsonPair {
  JsonText real, shown;
  template <typename Write>
  void both(const Write& write) {
    write(real);
    write(shown);
  }
};

void write(const JsonTemplate& value, Values& values, const std::vector<std::string>& iccids,
           JsonPair& json) {
  using Kind = JsonTemplate::Kind;
  switch (value.kind) {
    case Kind::text: {
      const Shown text = values.text(value.text);
      json.real.text(replace_invalid_utf8(text.real));
      json.shown.text(replace_invalid_utf8(text.shown));
      break;
    }
    case Kind::literal:
      json.both([&](JsonText& out) { out.raw(value.literal); });
      break;
    case Kind::iccids:
      json.both([&](JsonText& out) {
        out.begin_array();
        for (const std::string& iccid : iccids) out.text(iccid);
        out.end_array();
      });
      break;
    case Kind::array:
    case Kind::object: {
      const bool object = value.kind == Kind::object;
      json.both([&](JsonText& out) { object ? out.begin_object() : out.begin_array(); });
      for (const auto& [key, element] : value.elements) {
        const std::string& name = key;
        if (object) json.both([&](JsonText& out) { out.key(name); });
        write(element, values, iccids, json);
      }
      json.both([&](JsonText& out) { object ? out.end_object() : out.end_array(); });
      break;
    }
  }
}

class Builder {
 public:
  Builder(const ProfileSpec& profile, const Step& step, bool shared, Values& values,
          const std::vector<std::string>& iccids)
      : profile_(profile), step_(step), shared_(shared), values_(values), iccids_(iccids) {}

  std::variant<BuiltRequest, std::string> build(const std::string& base_url) {
    Shown url{base_url, base_url, false};
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
    if (!query_.empty()) {
      const Shown query = joined(query_, true);
      url.real += '?' + query.real;
      url.shown += '?' + query.shown;
    }
    add_standard_headers();
    for (const auto& [name, value] : headers_) {
      if (std::any_of(value.real.begin(), value.real.end(), [](char c) {
            return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
          })) {
        return "the header " + name + " would have a control character in it";
      }
    }
    if (!values_.problem().empty()) return values_.problem();
    return result(url);
  }

 private:
  std::optional<std::string> add_path(Shown& url) {
    for (const Values::Piece& piece : values_.pieces(step_.path)) {
      const std::string& real = piece.text.real;
      if (!piece.variable) {
        append(url, real);
        continue;
      }
      // Not encoded by anybody, and they would lead elsewhere.
      if (real == "." || real == ".." || real.empty())
        return "a piece of the path would be \"" + real + '"';
      url.real += percent_encoded(real);
      url.shown += shown_encoded(piece.text.shown);
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
      JsonPair text;
      write(*json, values_, iccids_, text);
      body_ = {text.real.take(), text.shown.take(), false};
      body_.secret = body_.real != body_.shown;
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
      headers_.emplace_back(name, Shown{value, value, false});
    };
    if (is_json_) add_unless_there("Content-Type", "application/json");
    if (is_form_) add_unless_there("Content-Type", "application/x-www-form-urlencoded");
    add_unless_there("Accept", "application/json");
  }

  BuiltRequest result(const Shown& url) const {
    BuiltRequest built{{step_.method, url.real, {}, body_.real}, url.shown, {}, body_.shown};
    for (const auto& [name, value] : headers_) {
      built.sent.headers.emplace_back(name, value.real);
      built.headers.emplace_back(name, value.shown);
    }
    return built;
  }

  const ProfileSpec& profile_;
  const Step& step_;
  bool shared_;
  Values& values_;
  const std::vector<std::string>& iccids_;
  Pairs headers_, query_, form_;
  Shown body_;
  bool is_json_ = false;
  bool is_form_ = false;
};

}  // namespace

std::variant<BuiltRequest, std::string> build_request(const ProfileSpec& profile,
                                                      const std::string& base_url, const Step& step,
                                                      bool shared, Values& values,
                                                      const std::vector<std::string>& iccids) {
  return Builder{profile, step, shared, values, iccids}.build(base_url);
}

}  // namespace iotcard
