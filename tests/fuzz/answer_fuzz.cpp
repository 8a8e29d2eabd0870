// SPDX-License-Identifier: Apache-2.0
// The first byte chooses an HTTP status and whether there is a log-in, the rest is the body of each
// answer, to a profile that uses all there is. Checked: each card gets its answer or the platform
// its fault, what is said of a card fits its fields, nothing shows the secret, and the number of
// requests is bounded.
#include <array>
#include <string>

#include "platform_fuzz.h"

using namespace iotcard;

namespace {

const std::string common = R"(
[settings.secret]
about = "s"
secret = true
[limits]
batch = 100
[request.signed]
headers = { Sign = "{sorted_query}", Other = "{secret|hmac-sha256:secret|base64}" }
[maps.status]
a = "active"
[maps.usage_scope]
POOL = "pool"
[[card]]
name = "find"
method = "GET"
path = "/find/{iccid20}"
query = { q = "{secret}" }
item = "/data"
not_found = [{ at = "/data", empty = true }]
save = { id = "/id" }
fields = { iccid = "/iccid", status = "/status", plan = "/plan", msisdn = "/msisdn" }
[[card]]
name = "usage"
method = "POST"
path = "/sims/{id}"
headers = { Id = "{id}" }
form = { secret = "{secret}", id = "{id}" }
optional = true
[card.fields]
used_bytes = { sum = ["/list/*/used", "/*/*/more"], unit_at = "/unit", unit = "KB" }
limit_bytes = { at = ["/limit", "/data/0/limit"], minus = ["/minus"], unit = "MiB" }
remaining_bytes = "/data/*/left"
usage_scope = "/scope"
expires_at = { earliest = ["/data/*/end", "/end"], zone = "+08:00" }
activated_at = "/data/start"
[[batch]]
name = "many"
method = "POST"
path = "/batch"
json = { ids = "{iccids}" }
item = "/data"
fields = { iccid = "/iccid", status = "/status" }
[[suspend]]
name = "find"
method = "GET"
path = "/find"
item = "/data"
save = { id = "/id" }
fields = { iccid = "/iccid" }
[[suspend]]
name = "suspend"
method = "PUT"
path = "/sims/{id}"
json = { status = "{id}" }
)";
const std::string head = R"(name = "X"
documentation = "https://x"
)";
const std::string answer = R"([answer]
not_found = [{ http = [404], at = "/code", ends = ["NotFound"] }, { at = "/code", is = ["404"] }]
try_again = [{ at = "/code", is = ["500"] }]
ok = [{ at = "/code", is = ["0"] }]
denied = [{ at = "/code", is = ["10001"] }]
message = ["/message"]
)";
const std::string login = R"(login_again = [{ http = [401] }, { at = "/status", is = ["12021"] }]
[login]
method = "POST"
path = "/token"
json = { password = "{secret}" }
save = { token = "/token" }
ttl_at = "/ttl"
[request]
headers = { Authorization = "Bearer {login.token}" }
)";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto plain = parse_profile(head + answer + common, "plain.toml");
  static const auto with_login = parse_profile(head + answer + login + common, "login.toml");
  constexpr std::array statuses = {200, 200, 200, 204, 302, 400, 401, 404, 429, 500, 503};
  Script script{as_text(data, size)};
  const std::uint8_t choice = script.byte();
  const std::string body{script.rest()};
  const int status = statuses[choice / 2 % statuses.size()];
  Account account{choice % 2 == 0 ? plain : with_login,
                  {"https://api.example", {{"secret", std::string{fuzz_secret}}}}};
  FuzzPlatform{{status, {{"retry-after", body.substr(0, 40)}}, body}}.use(account);
  return 0;
}
