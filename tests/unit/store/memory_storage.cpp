#include <millrace/store/memory_storage.hpp>

#include <laws/storage.hpp>
#include <laws/transaction.hpp>
#include <support/catch.hpp>

#include <string>

namespace mr = millrace;
namespace ms = millrace::store;
using laws::bytes_of;

TEST_CASE("memory_storage keeps the laws of storages") {
  ms::memory_storage storage;
  laws::storage_laws(storage, 11, 20'000, 500);
  CHECK(storage.bytes() == 0);
}

TEST_CASE("memory_storage keeps the laws of transactions") {
  ms::memory_storage storage;
  laws::transaction_laws(storage, 12, 400);
  CHECK(storage.bytes() == 0);
}

TEST_CASE("memory_storage: the room is asked for within a transaction, too") {
  ms::memory_storage storage({.max_bytes = 10, .max_objects = 2});
  REQUIRE(storage.write("a", bytes_of("1")));
  REQUIRE(storage.transact([](ms::memory_storage::transaction& t) -> mr::result<void> {
    CHECK(t.write("b", bytes_of("12345678")).error().code() == mr::errc::no_space);
    REQUIRE(t.remove("a"));
    REQUIRE(t.write("b", bytes_of("12345678")));
    CHECK(t.write("c", bytes_of("12345678901")).error().code() == mr::errc::no_space);
    return {};
  }));
  CHECK(storage.bytes() == 9);
  CHECK(storage.size() == 1);
}

TEST_CASE("memory_storage: a snapshot may be kept") {
  ms::memory_storage storage;
  REQUIRE(storage.write("a", bytes_of("1")));
  const auto kept = storage.look([](const auto& s) -> mr::result<ms::memory_storage::snapshot> { return s; });
  for (int i = 0; i < 100; ++i) REQUIRE(storage.write("b" + std::to_string(i), bytes_of("x")));
  REQUIRE(storage.remove("a"));
  CHECK(laws::text_of(*kept->read("a")) == "1");
  CHECK(kept->list("", "", 200)->size() == 1);
  CHECK(storage.size() == 100);
}

TEST_CASE("memory_storage: what has no room is refused, and leaves all as it was") {
  ms::memory_storage storage({.max_bytes = 10, .max_objects = 2});
  REQUIRE(storage.write("a", bytes_of("12345678")));  // 9 bytes with the key
  const auto refused = storage.write("b", bytes_of("1"));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == mr::errc::no_space);
  CHECK(refused.error().message() == "memory_storage has no room for \"b\": it holds at most 10 bytes and 2 objects");
  CHECK_FALSE(storage.write("a", bytes_of("1234567890")));
  CHECK(laws::text_of(*storage.read("a")) == "12345678");
  REQUIRE(storage.write("a", bytes_of("123456789")));
  CHECK(storage.bytes() == 10);
  REQUIRE(storage.write("a", bytes_of("")));
  REQUIRE(storage.write("b", bytes_of("")));
  CHECK(storage.write("c", bytes_of("")).error().code() == mr::errc::no_space);
  REQUIRE(storage.remove("a"));
  REQUIRE(storage.write("c", bytes_of("")));
  CHECK(storage.size() == 2);
  CHECK(storage.bytes() == 2);
}
