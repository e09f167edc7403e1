#include <millrace/store/settings/origin.hpp>

#include <support/catch.hpp>

namespace ms = millrace::store;

TEST_CASE("of a setting's origins the last one counts, and says where it stands") {
  ms::setting_origins all;
  all.add({"cache.max_size", "service.yaml", {3, 5}, ""});
  all.add({"cache.max_size", "environment GRESS_CACHE_MAX_SIZE", {}, ""});
  all.add({"token", "service.yaml", {9, 8}, "env:TOKEN"});
  REQUIRE(all.find("cache.max_size") != nullptr);
  CHECK(all.find("cache.max_size")->text() == "environment GRESS_CACHE_MAX_SIZE");
  CHECK(all.find("token")->text() == "service.yaml:9:8");
  CHECK(all.find("cache") == nullptr);
  CHECK(all.all().size() == 3);
}
