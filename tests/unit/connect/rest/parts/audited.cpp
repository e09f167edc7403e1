#include <millrace/connect/rest/parts/audited.hpp>

#include <millrace/connect/rest/api.hpp>
#include <millrace/observe/audit.hpp>

#include <support/catch.hpp>
#include <support/rest.hpp>
#include <support/temp_dir.hpp>

#include <string>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace mo = millrace::observe;
namespace ms = millrace::store;
namespace rest = millrace::connect::rest;
using rest_tests::ask;

namespace {

struct switches {
  mr::result<ms::http_response> look(const rest::call&) const { return rest::json_response("{}"); }
  mr::result<ms::http_response> turn(const rest::call&) const { return rest::json_response("{}"); }
  static constexpr rest::route<switches> routes[] = {
      {"GET", "/switch/{name}", &switches::look},
      {"PUT", "/switch/{name}", &switches::turn, {.id = "turn", .is_audited = true}}};
};

}  // namespace

TEST_CASE("an audit trail has who changed what by which request, and who had no right to") {
  const support::temp_dir dir;
  const std::string folder = dir.path().string() + "/audit";
  {
    auto trail = mo::audit_trail<ms::shared>::open(folder);
    REQUIRE(trail);
    rest::api_options options;
    options.users.push_back({"ada", ms::secret<std::string>(std::string("t0ken"))});
    const rest::api api(std::move(options), switches(), rest::audited(*trail));
    const std::vector<ms::http_header> ada{{"Authorization", "Bearer t0ken"}, {"X-Request-Id", "r-1"}};
    CHECK(ask(api, "GET", "/switch/a", {}, ada).status() == 200);
    CHECK(ask(api, "PUT", "/switch/a?secret=1", {}, ada).status() == 200);
    CHECK(ask(api, "GET", "/switch/b", {}, {{"X-Request-Id", "r-2"}}).status() == 401);
    REQUIRE(trail->close());
  }
  std::vector<std::string> found;
  REQUIRE(mo::read_trail(folder, [&](const mo::audit_entry& one) {
    if (one.find("request_id") != nullptr)
      found.push_back(one.kind + ' ' + one.actor.text + ' ' + one.object + ' ' + one.find("request_id")->text + ' ' +
                      one.find("status")->text);
    return true;
  }));
  CHECK(found == std::vector<std::string>{"api.request ada PUT /switch/a r-1 200",
                                          "access_denied anonymous GET /switch/b r-2 401"});
}
