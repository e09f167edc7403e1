#include <millrace/store/transaction.hpp>

#include <millrace/store/folder_storage.hpp>

#include <support/catch.hpp>

namespace ms = millrace::store;

TEST_CASE("a folder of files has no transactions") {
  STATIC_REQUIRE(ms::storage<ms::folder_storage>);
  STATIC_REQUIRE(ms::creates_objects<ms::folder_storage>);
  STATIC_REQUIRE_FALSE(ms::transactional_storage<ms::folder_storage>);
}
