// SPDX-License-Identifier: Apache-2.0
// Signing in with a web browser: sessions, their ends, and attempts with wrong tokens.
#include <catch2/catch.hpp>

#include "api/dispatcher.h"

using namespace iotcard;

namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

const std::string token = "0123456789abcdef-ann";
const std::string other_token = "0123456789abcdef-bob";
const Sessions::Time start{hours{1}};

Tokens tokens_of(const std::string& text) {
  return Tokens::parse(text, "tokens");
}
Tokens both() {
  return tokens_of("ann write " + token + "\nbob read " + other_token + "\n");
}

// A dispatcher with tokens; a request may have a cookie or a header beside the usual ones.
struct SignInHost {
  SignInHost() { dispatcher.set_access({both(), {}, hours{12}}); }

  static ApiHost make() {
    ApiHost made;
    made.context = [](const std::string& by) {
      Context context;
      context.by = by;
      context.now = *parse_time("2026-11-24T08:00:00Z");
      return context;
    };
    made.health = [] { return ApiHealth{false, "degraded", "a cause", "a reason"}; };
    made.identity = [] { return ServiceIdentity{"0.2.0", "iotcard", true, seconds{0}}; };
    made.log = [](LogLevel, const std::string&) {};
    return made;
  }

  Response send(const std::string& method, const std::string& target,
                std::map<std::string, std::string> headers = {}, const std::string& body = "") {
    RequestHead head{method, target, std::move(headers), peer, secure};
    head.headers.emplace("host", "cards.example");
    if (!body.empty()) {
      head.headers["content-type"] = "application/json";
      head.headers["content-length"] = std::to_string(body.size());
    }
    Response response;
    try {
      Admitted admitted = dispatcher.admit(head);
      admitted.request.body = body;
      return dispatcher.answer(std::move(admitted));
    } catch (const ApiError& error) {
      respond_error(response, error);
    }
    return response;
  }
  Response sign_in(const std::string& with) {
    return send("POST", "/session", {}, R"({"token":")" + with + "\"}");
  }
  // Of a new session.
  std::string cookie(const std::string& with = token) {
    const std::string set = header(sign_in(with), "Set-Cookie");
    return set.substr(0, set.find(';'));
  }
  static std::string header(const Response& response, const std::string& name) {
    for (const auto& [known, value] : response.headers) {
      if (known == name) return value;
    }
    return "";
  }

  std::string peer = "192.0.2.1";
  bool secure = false;
  const ApiHost host = make();
  EventStreams streams{"store", 16};
  Dispatcher dispatcher{ApiLimits{}, host, streams};
};

bool has_key(const Response& response, const std::string& key) {
  return response.body.find("\"key\":\"" + key + '"') != std::string::npos;
}

}  // namespace

TEST_CASE("a session ends at its time, when it is closed, and with its token") {
  Sessions sessions;
  const TokenDigest ann = digest_of_token(token);
  const std::string id = sessions.open(ann, start, hours{1});
  CHECK(id.size() == 64);
  CHECK(sessions.find(id, start + hours{1} - seconds{1})->token == ann);
  CHECK_FALSE(sessions.find(id, start + hours{1}));
  CHECK(sessions.size() == 0);
  CHECK_FALSE(sessions.find("", start));

  const std::string closed = sessions.open(ann, start, hours{1});
  CHECK(sessions.close(closed));
  CHECK_FALSE(sessions.close(closed));
  CHECK_FALSE(sessions.find(closed, start));

  const std::string of_ann = sessions.open(ann, start, hours{1});
  const std::string of_bob = sessions.open(digest_of_token(other_token), start, hours{1});
  sessions.keep_only(tokens_of("bob read " + other_token));
  CHECK_FALSE(sessions.find(of_ann, start));
  CHECK(sessions.find(of_bob, start));
}

TEST_CASE("of too many sessions the one that is longest unused ends") {
  Sessions sessions;
  const std::string first = sessions.open(digest_of_token(token), start, hours{1});
  const std::string second = sessions.open(digest_of_token(token), start, hours{1});
  for (std::size_t i = sessions.size(); i < max_sessions; ++i) {
    sessions.open(digest_of_token(token), start + seconds{2}, hours{1});
  }
  CHECK(sessions.find(first, start + seconds{1}));  // used
  sessions.open(digest_of_token(token), start + seconds{2}, hours{1});
  CHECK(sessions.size() == max_sessions);
  CHECK(sessions.find(first, start + seconds{3}));
  CHECK_FALSE(sessions.find(second, start + seconds{3}));
}

TEST_CASE("a cookie is found among others") {
  CHECK(cookie_value("a=1; iotcard_session=f00; b=2", "iotcard_session") == "f00");
  CHECK(cookie_value("iotcard_session=f00", "iotcard_session") == "f00");
  CHECK(cookie_value("a=1, iotcard_session=f00", "iotcard_session") == "f00");
  CHECK(cookie_value("x_iotcard_session=f00; iotcard_session", "iotcard_session") == "");
  CHECK(cookie_value("", "iotcard_session") == "");
}

TEST_CASE("ten wrong tokens a minute are answered, then a person has to wait") {
  SignInAttempts attempts;
  for (int i = 0; i < SignInAttempts::max_failures; ++i) CHECK_FALSE(attempts.begin("a", start));
  CHECK(attempts.begin("a", start + seconds{10}) == seconds{50});
  CHECK_FALSE(attempts.begin("b", start));
  CHECK_FALSE(attempts.begin("a", start + minutes{1}));
  for (int i = 0; i < 100; ++i) {
    CHECK_FALSE(attempts.begin("c", start));
    attempts.succeeded("c");
  }
  // Of IPv6 the whole /64 is one address.
  for (int i = 0; i < SignInAttempts::max_failures; ++i) {
    CHECK_FALSE(attempts.begin("2001:db8:0:1::" + std::to_string(i), start));
  }
  CHECK(attempts.begin("2001:db8:0:1:ffff::1", start) == seconds{60});
  CHECK_FALSE(attempts.begin("2001:db8:0:2::1", start));
  // Many addresses block nobody else.
  for (int i = 0; i < 5000; ++i) CHECK_FALSE(attempts.begin("x" + std::to_string(i), start));
}

TEST_CASE("a token becomes a session, whose cookie works wherever a token does") {
  SignInHost host;
  const Response signed_in = host.sign_in(token);
  REQUIRE(signed_in.status == 200);
  CHECK(signed_in.body ==
        R"({"code":200,"msg":"ok","data":{"name":"ann","scope":"write","mode":"token",)"
        R"("version":"0.2.0","expires_at":"2026-11-24T20:00:00.000Z","policy":"hold",)"
        R"("prefix":"iotcard","history":true,"thresholds":{"near_limit_percent":80,)"
        R"("expiring_within_days":14,"device_silent_seconds":0},"limits":{"page_size":500,)"
        R"("import_bytes":67108864,"lookup":1000,"batch":500,"streams":16,"connections":64}}})");
  const std::string set = SignInHost::header(signed_in, "Set-Cookie");
  CHECK(set.starts_with("iotcard_session="));
  CHECK(set.substr(80) == "; HttpOnly; SameSite=Strict; Max-Age=43200");
  const std::string cookie = set.substr(0, 80);
  CHECK(host.send("GET", "/session", {{"cookie", cookie}}).status == 200);
  CHECK(host.send("GET", "/readyz", {{"cookie", cookie}}).body.find("a reason") !=
        std::string::npos);
  CHECK(host.send("GET", "/session", {{"authorization", "Bearer " + other_token}})
            .body.find(R"("name":"bob","scope":"read","mode":"token")") != std::string::npos);
  CHECK(host.send("GET", "/event/stream", {{"cookie", cookie}}).status == 200);
}

TEST_CASE("a cookie is only for the encrypted connection that it was made on") {
  SignInHost host;
  CHECK(SignInHost::header(host.sign_in(token), "Set-Cookie").find("Secure") == std::string::npos);
  host.secure = true;
  CHECK(SignInHost::header(host.sign_in(token), "Set-Cookie").ends_with("; Secure"));
  host.secure = false;
  const Response behind_proxy = host.send("POST", "/session", {{"x-forwarded-proto", "https"}},
                                          R"({"token":")" + token + "\"}");
  CHECK(SignInHost::header(behind_proxy, "Set-Cookie").ends_with("; Secure"));
}

TEST_CASE("a session ends with its token, and its pages are told so") {
  SignInHost host;
  const std::string cookie = host.cookie();
  const std::string of_bob = host.cookie(other_token);
  host.dispatcher.set_access({tokens_of("bob read " + other_token), {}, hours{12}});
  const Response ended = host.send("GET", "/session", {{"cookie", cookie}});
  CHECK(ended.status == 401);
  CHECK(has_key(ended, "session_ended"));
  CHECK(host.send("GET", "/session", {{"cookie", of_bob}}).status == 200);
  CHECK(has_key(host.send("GET", "/session"), "unauthorized"));
  // The token is back, and the session is not.
  host.dispatcher.set_access({both(), {}, hours{12}});
  CHECK(host.send("GET", "/session", {{"cookie", cookie}}).status == 401);
}

TEST_CASE("a session may do what its token may do now") {
  SignInHost host;
  const std::string cookie = host.cookie(other_token);
  const std::map<std::string, std::string> own_page{{"cookie", cookie},
                                                    {"origin", "https://cards.example"}};
  CHECK(has_key(host.send("POST", "/card/refresh/x", own_page), "not_found"));
  CHECK(has_key(host.send("POST", "/device/1/D1/ask", own_page), "read_only_token"));
  host.dispatcher.set_access({tokens_of("bob write " + other_token), {}, hours{12}});
  CHECK(host.send("GET", "/session", own_page).body.find(R"("scope":"write")") !=
        std::string::npos);
}

TEST_CASE("a page of another origin changes nothing with the cookie of a session") {
  SignInHost host;
  host.dispatcher.set_access({both(), {"https://ops.cards.example"}, hours{12}});
  const std::string cookie = host.cookie();
  for (const char* origin : {"https://ops.cards.example", "https://evil.example", "null"}) {
    CAPTURE(origin);
    CHECK(has_key(host.send("DELETE", "/session", {{"cookie", cookie}, {"origin", origin}}),
                  "origin_refused"));
  }
  CHECK(has_key(host.send("DELETE", "/session", {{"cookie", cookie}}), "origin_refused"));
  CHECK(host.send("GET", "/session", {{"cookie", cookie}}).status == 200);
}

TEST_CASE("signing out ends the session and clears the cookie") {
  SignInHost host;
  const std::string cookie = host.cookie();
  const std::map<std::string, std::string> own_page{{"cookie", cookie},
                                                    {"origin", "http://cards.example"}};
  const Response out = host.send("DELETE", "/session", own_page);
  CHECK(out.status == 200);
  CHECK(SignInHost::header(out, "Set-Cookie") ==
        "iotcard_session=; HttpOnly; SameSite=Strict; Max-Age=0");
  CHECK(host.send("GET", "/session", own_page).status == 401);
  CHECK(host.send("DELETE", "/session", own_page).status == 200);  // again: nothing is left to do
}

TEST_CASE("wrong tokens are counted for each address, and a right one waits, too") {
  SignInHost host;
  for (int i = 0; i < SignInAttempts::max_failures; ++i) {
    CHECK(has_key(host.sign_in("wrong"), "unauthorized"));
  }
  const Response refused = host.sign_in(token);
  CHECK(refused.status == 429);
  CHECK(has_key(refused, "too_many_attempts"));
  CHECK(std::stoi(SignInHost::header(refused, "Retry-After")) > 0);
  host.peer = "192.0.2.2";
  CHECK(host.sign_in(token).status == 200);
  CHECK(host.send("POST", "/session", {}, "{}").status == 400);
}

TEST_CASE("without a token file everybody is signed in") {
  SignInHost host;
  host.dispatcher.set_access({});
  const std::map<std::string, std::string> local{{"host", "localhost"}};
  const Response open = host.send("GET", "/session", local);
  CHECK(open.status == 200);
  CHECK(open.body.find(R"("name":"","scope":"write","mode":"open")") != std::string::npos);
  CHECK(open.body.find(R"("expires_at":null)") != std::string::npos);
  const Response posted = host.send("POST", "/session", local, R"({"token":"any"})");
  CHECK(posted.status == 200);
  CHECK(SignInHost::header(posted, "Set-Cookie").empty());
}
