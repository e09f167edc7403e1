#include <millrace/store/sqlite.hpp>

#include <laws/storage.hpp>
#include <laws/transaction.hpp>
#include <support/catch.hpp>
#include <support/temp_dir.hpp>

namespace ms = millrace::store;

TEST_CASE("sqlite_storage keeps the laws of storages and transactions") {
  const support::temp_dir folder;
  auto storage = ms::sqlite_storage<ms::durable::os>::open(folder / "a.db");
  REQUIRE(storage);
  CHECK(storage->writes_ahead());
  laws::storage_laws(*storage, 11, 2000, 30);
  laws::transaction_laws(*storage, 12, 200);
}

TEST_CASE("sqlite_storage keeps the laws when transactions share syncs") {
  const support::temp_dir folder;
  auto storage = ms::sqlite_storage<>::open(folder / "a.db");
  REQUIRE(storage);
  laws::transaction_laws(*storage, 13, 10);
  laws::transfers_keep_the_sum(*storage, 40);
}
