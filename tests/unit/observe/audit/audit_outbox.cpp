#include <millrace/observe/audit/audit_outbox.hpp>

#include <millrace/core/seed.hpp>
#include <millrace/store/memory_storage.hpp>

#include <support/audit_trails.hpp>
#include <support/catch.hpp>
#include <support/stored_text.hpp>
#include <support/temp_dir.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mr = millrace;
namespace mo = millrace::observe;
namespace ms = millrace::store;

namespace {

using outbox_type = mo::audit_outbox<>;

/// Keeps the number of a payment, and that it was made, in one transaction.
mr::result<int> pay(ms::memory_storage& storage, outbox_type& outbox, std::uint64_t number, bool is_undone = false) {
  return storage.transact([&](ms::memory_storage::transaction& t) -> mr::result<int> {
    const std::string text = std::to_string(number);
    if (auto kept = t.write("payments/" + text, std::as_bytes(std::span(text))); !kept) return kept.error();
    const mo::audit_field fields[] = {{"payment", text}};
    if (auto told = outbox.put(t, {.kind = "acme.paid", .actor = "ada", .unix_nanoseconds = 7, .fields = fields});
        !told)
      return told.error();
    if (is_undone) return mr::error(mr::errc::conflict, "undone");
    return 0;
  });
}
std::vector<std::string> payments_in(const std::string& folder) {
  std::vector<std::string> made;
  REQUIRE(mo::read_trail(folder, [&](const mo::audit_entry& entry) {
    if (entry.kind == "acme.paid") made.push_back(entry.find("payment")->text);
  }));
  return made;
}

}  // namespace

TEST_CASE("audit_outbox: what is kept is in the trail once, what is undone is not", "[audit_outbox]") {
  const support::temp_dir folder;
  ms::memory_storage storage;
  auto trail = mo::audit_trail<>::open(folder.path(), support::small_trail());
  REQUIRE(trail);
  auto outbox = outbox_type::open(*trail, "payments");
  REQUIRE(outbox);
  REQUIRE(pay(storage, *outbox, 1));
  CHECK(!pay(storage, *outbox, 2, true));
  REQUIRE(pay(storage, *outbox, 3));
  CHECK(payments_in(folder.path()).empty());
  REQUIRE(outbox->deliver(storage));
  REQUIRE(outbox->deliver(storage));
  CHECK(payments_in(folder.path()) == std::vector<std::string>{"1", "3"});
  CHECK(outbox->delivered() == 2);
  REQUIRE(pay(storage, *outbox, 4));  // which removes those before it
  CHECK(storage.list("outbox/", "", 10)->size() == 1);

  // What stays in storages stays what it is.
  CHECK(support::text_of_objects(storage).find(
            "outbox/payments/0000000000000003\t{\"format\":1,\"kind\":\"acme.paid\",\"severity\":\"info\",\"actor\":"
            "\"ada\",\"actor_pii\":\"none\",\"object\":\"\",\"reason\":\"\",\"at\":7,\"fields\":[{\"name\":\"payment\","
            "\"value\":\"4\",\"pii\":\"none\"}]}\n") != std::string::npos);
}

TEST_CASE("audit_outbox: a process that ends at any step leaves each event once", "[audit_outbox]") {
  mr::random_engine random(16);
  for (int round = 0; round < 10; ++round) {
    const support::temp_dir folder;
    ms::memory_storage storage;
    std::vector<std::string> kept;
    std::optional<mo::audit_trail<>> trail;
    std::optional<outbox_type> outbox;
    for (std::uint64_t i = 1; i < 20; ++i) {
      if (!outbox || random.below(3) == 0) {  // it ends, and begins anew
        outbox.reset();
        trail.reset();
        trail.emplace(*mo::audit_trail<>::open(folder.path(), support::small_trail()));
        outbox.emplace(*outbox_type::open(*trail, "payments"));
        if (random.below(2) == 0) REQUIRE(outbox->deliver(storage));
      }
      const bool is_undone = random.below(4) == 0;
      if (pay(storage, *outbox, i, is_undone)) kept.push_back(std::to_string(i));
      if (random.below(2) == 0) REQUIRE(outbox->deliver(storage));
    }
    REQUIRE(outbox->deliver(storage));
    CHECK(payments_in(folder.path()) == kept);
  }
}

TEST_CASE("audit_outbox: what cannot be told is refused", "[audit_outbox]") {
  const support::temp_dir folder;
  ms::memory_storage storage;
  auto trail = mo::audit_trail<>::open(folder.path(), support::small_trail());
  auto outbox = outbox_type::open(*trail, "payments");
  const auto put = [&](const mo::audit_event& event) {
    return storage.transact([&](auto& t) -> mr::result<int> {
      if (auto told = outbox->put(t, event); !told) return told.error();
      return 0;
    });
  };
  CHECK(put({}).error().code() == mr::errc::invalid_argument);
  std::vector<std::string> names;
  for (std::size_t i = 0; i + 1 < mo::max_audit_fields; ++i) names.push_back("f" + std::to_string(i));
  std::vector<mo::audit_field> fields;
  for (const std::string& each : names) fields.push_back({*mo::audit_name::make(each), "x"});
  CHECK(put({.kind = "acme.paid", .fields = fields}).error().code() == mr::errc::invalid_argument);
  fields.pop_back();
  CHECK(put({.kind = "acme.paid", .fields = fields}));

  support::write_objects(storage, "outbox/payments/0000000000000009\tno event\n");
  CHECK(outbox->deliver(storage).error().code() == mr::errc::corrupt);
  ms::memory_storage other;
  support::write_objects(other, "outbox/payments/nine\tno event\n");
  CHECK(outbox->deliver(other).error().describe().find("nine") != std::string::npos);
  CHECK(!other.transact([&](auto& t) -> mr::result<int> {
    if (auto told = outbox->put(t, {.kind = "acme.paid"}); !told) return told.error();
    return 0;
  }));
}
