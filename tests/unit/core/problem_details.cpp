#include <millrace/core/problem_details.hpp>

#include <support/catch.hpp>

#include <millrace/core/json_check.hpp>

#include <nlohmann/json.hpp>
#include <string>

namespace mr = millrace;

namespace {
const std::string canary = "/srv-canary/model \"7\"\n\xff";
mr::error failure() {
  return mr::error(mr::errc::no_space, "cannot write " + canary).wrap("cannot save").wrap("cannot promote");
}
}  // namespace

TEST_CASE("a problem document tells a client the code and nothing of the messages", "[problem_details]") {
  CHECK(mr::problem_content_type == "application/problem+json");
  const std::string text = mr::to_json(failure());
  CHECK(text == R"({"type":"about:blank","title":"Insufficient Storage","status":507,"code":"no_space"})");
  CHECK(mr::to_json(failure(), {.type_base = "https://example.org/problems/", .instance = "/runs/7?x=\"1\""}) ==
        R"({"type":"https://example.org/problems/no_space","title":"No space","status":507,)"
        R"("instance":"/runs/7?x=\"1\"","code":"no_space"})");
}

TEST_CASE("a problem document tells the message, or all causes, when it is asked to", "[problem_details]") {
  const std::string one = mr::to_json(failure(), {.disclose = mr::problem_disclosure::message});
  CHECK(one == R"({"type":"about:blank","title":"Insufficient Storage","status":507,"detail":"cannot promote",)"
               R"("code":"no_space"})");

  const std::string all = mr::to_json(failure(), {.disclose = mr::problem_disclosure::causes, .status = 500});
  REQUIRE(mr::is_json_object(all));
  const auto read = nlohmann::json::parse(all);  // another library's reader
  CHECK(read["status"] == 500);
  CHECK(read["title"] == "Internal Server Error");
  CHECK(read["detail"] == "cannot promote");
  REQUIRE(read["causes"].size() == 2);
  CHECK(read["causes"][0] == nlohmann::json{{"code", "no_space"}, {"detail", "cannot save"}});
  CHECK(read["causes"][1]["detail"] == "cannot write /srv-canary/model \"7\"\n\\xff");

  const mr::error alone(mr::errc::not_found, "no run 7");
  CHECK(mr::to_json(alone, {.disclose = mr::problem_disclosure::causes}).find("causes") == std::string::npos);
}

TEST_CASE("every code of an error has a status with a reason phrase", "[problem_details]") {
  int codes = 0;
  for (unsigned number = 0; number < 1000; ++number) {
    const auto code = static_cast<mr::errc>(number);
    if (mr::to_string(code) == "unknown") continue;
    ++codes;
    const auto read = nlohmann::json::parse(mr::to_json(mr::error(code, "")));
    const unsigned status = read["status"];
    CAPTURE(mr::to_string(code), status);
    CHECK((status >= 400 && status < 600));
    CHECK(status == mr::http_status(code));
    CHECK(read["title"] != "Server Error");
    CHECK(read["title"] != "Client Error");
  }
  CHECK(codes == 25);
  CHECK(mr::http_status(mr::errc::not_found) == 404);
  CHECK(mr::http_status(mr::errc::conflict) == 409);
  CHECK(mr::http_status(mr::errc::shape_mismatch) == 422);
  CHECK(mr::http_status(mr::errc::timeout) == 504);
  CHECK(mr::http_status(mr::errc::unavailable) == 503);
  CHECK(mr::http_status(static_cast<mr::errc>(9)) == 500);
}
