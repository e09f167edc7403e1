#include <millrace/connect/rest/dashboard/dashboard.hpp>

#include <millrace/connect/rest/api.hpp>

#include <support/catch.hpp>
#include <support/rest.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace mr = millrace;
namespace ms = millrace::store;
namespace rest = millrace::connect::rest;
using rest_tests::ask;

namespace {

struct hostile_panel {
  std::string_view title() const noexcept { return "</script><img src=x onerror=alert(1)>"; }
  mr::result<void> show(rest::panel_writer& to) {
    to.state("a\r\nevent: forged\n\ndata: x", "\xe2\x80\xa8\xff<script>alert(1)</script>");
    return {};
  }
};
rest::board_options by_hand() {
  rest::board_options made;
  made.interval = mr::duration(0);
  made.max_listeners = 1;
  return made;
}
std::string between(const std::string& text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from) + from.size();
  return text.substr(at, text.find(to, at) - at);
}

}  // namespace

TEST_CASE("a dashboard is one page without data, whose policy allows its own script and style alone") {
  rest::live_board board(by_hand(), hostile_panel());
  rest::api_options options;
  options.users.push_back({"ada", ms::secret<std::string>(std::string("t"))});
  const rest::api api(std::move(options), rest::dashboard(board));
  const auto page = ask(api, "GET", "/dashboard");
  CHECK(page.status() == 200);
  CHECK(page.header("Content-Type") == "text/html; charset=utf-8");
  const std::string policy = page.header("Content-Security-Policy");
  CHECK(policy.find("default-src 'none'; connect-src 'self';") == 0);
  CHECK(policy.find("unsafe") == std::string::npos);
  const std::string& text = page.response.body;
  CHECK(policy.find(rest::detail::policy_hash(between(text, "<script>", "</script>"))) != std::string::npos);
  CHECK(policy.find(rest::detail::policy_hash(between(text, "<style>", "</style>"))) != std::string::npos);
  for (const char* none :
       {"innerHTML", "insertAdjacent", "document.write", "eval(", "onclick", "https://", "src=", "alert"})
    CHECK(text.find(none) == std::string::npos);
  CHECK(ask(api, "GET", "/dashboard/state").status() == 401);
  CHECK(ask(api, "GET", "/dashboard/events").status() == 401);
  CHECK(ask(api, "GET", "/dashboard/state", {}, {{"Authorization", "Bearer t"}}).status() == 200);
}

// Source: python3 -c 'import base64,hashlib; print(base64.b64encode(hashlib.sha256(b"abc").digest()).decode())'
TEST_CASE("a policy names a text by its SHA-256 in base64") {
  CHECK(rest::detail::policy_hash("abc") == "'sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0='");
  CHECK(rest::detail::policy_hash("") == "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='");
}

TEST_CASE("a dashboard's state and events are what the board shows, and no text forges another event") {
  rest::live_board board(by_hand(), hostile_panel());
  const rest::api api({}, rest::dashboard(board));
  const auto state = ask(api, "GET", "/dashboard/state");
  CHECK(state.header("Cache-Control") == "no-store");
  CHECK(state.json["panels"][0]["states"][0]["value"] == "\xe2\x80\xa8\\xff<script>alert(1)</script>");
  const auto events = ask(api, "GET", "/dashboard/events");
  CHECK(events.header("Content-Type") == "text/event-stream");
  std::string piece;
  REQUIRE(events.response.stream);
  CHECK(events.response.stream.read(piece));
  CHECK(piece.find("\nevent: snapshot\ndata: {") != std::string::npos);
  CHECK(piece.find("\nevent: forged") == std::string::npos);
  const auto refused = ask(api, "GET", "/dashboard/events");
  CHECK(refused.status() == 503);
  CHECK(refused.header("Content-Type") == "application/problem+json");
  CHECK(ms::retry_after(refused.response).nanoseconds == 5'000'000'000);
  CHECK(ask(api, "GET", "/dashboard/state").status() == 200);
  const auto described = ask(api, "GET", "/openapi.json").json["paths"];
  CHECK(described["/dashboard/events"]["get"]["responses"]["200"]["content"].contains("text/event-stream"));
  CHECK(described["/dashboard/events"]["get"]["responses"].contains("503"));
  CHECK_FALSE(described["/dashboard"]["get"].contains("security"));
}
