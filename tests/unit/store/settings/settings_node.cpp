#include <millrace/store/settings/settings_node.hpp>

#include <support/catch.hpp>

namespace ms = millrace::store;

TEST_CASE("a node that was not found is nothing, and stands nowhere") {
  const ms::settings_node node;
  CHECK(node.kind == ms::settings_node::kinds::none);
  CHECK_FALSE(node.at);
  CHECK(ms::setting_place{3, 1});
  CHECK(ms::setting_place{3, 1} == ms::setting_place{3, 1});
  CHECK_FALSE(ms::setting_place{3, 1} == ms::setting_place{3, 2});
}
