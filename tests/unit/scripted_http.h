// SPDX-License-Identifier: Apache-2.0
// scripted_http.h - An HTTP client whose answers a test gives, and which keeps the requests. The
// real wire is tested elsewhere. One thread.
#pragma once

#include <deque>
#include <functional>
#include <variant>
#include <vector>

#include "http/http_client.h"

namespace iotcard {

class ScriptedHttp : public HttpClient {
 public:
  using Answer = std::variant<HttpResponse, HttpError::Kind>;
  HttpResponse send(const HttpRequest& request) override {
    requests.push_back(request);
    Answer answer = HttpResponse{500, {}, ""};
    if (handler) {
      answer = handler(request);
    } else if (!answers.empty()) {
      answer = answers.front();
      answers.pop_front();
    }
    if (const auto* kind = std::get_if<HttpError::Kind>(&answer)) throw HttpError{*kind, "broke"};
    return std::get<HttpResponse>(answer);
  }
  void interrupt() noexcept override {}

  std::deque<Answer> answers;
  std::function<Answer(const HttpRequest&)> handler;
  std::vector<HttpRequest> requests;
};

}  // namespace iotcard
