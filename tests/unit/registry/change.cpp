#include <millrace/registry/change.hpp>

#include <millrace/store/memory_storage.hpp>

#include <support/catch.hpp>
#include <support/registry.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace mr = millrace;
namespace mg = millrace::registry;
namespace ms = millrace::store;

namespace {

/// Keeps what it is given, each number once, as the concept asks.
struct kept_changes {
  std::vector<mg::change>* kept;
  bool* fails;
  mr::result<void> append(const mg::change& what) {
    if (*fails) return mr::error(mr::errc::io, "the sink is down");
    if (kept->empty() || kept->back().number < what.number) kept->push_back(what);
    return {};
  }
};

}  // namespace

TEST_CASE("a sink gets every change once and in order, also those that it missed") {
  STATIC_REQUIRE(mg::change_sink<kept_changes>);
  ms::memory_storage storage;
  std::vector<mg::change> kept;
  bool fails = false;
  {
    auto quiet = mg::open_registry(storage, support::at_a_millisecond()).value();
    REQUIRE(quiet.create_model({.name = "fraud", .actor = "ada"}));
    CHECK(quiet.pending_changes()->size() == 1);
  }
  auto models = mg::open_registry(storage, support::at_a_millisecond(), kept_changes{&kept, &fails}).value();
  REQUIRE(kept.size() == 1);
  CHECK(kept[0].kind == "model_created");
  CHECK(kept[0].object == "model/fraud");
  CHECK(kept[0].actor == "ada");
  CHECK(kept[0].at == 1'000'000);
  CHECK(kept[0].registry == models.id());
  fails = true;
  support::register_one(models, "fraud");
  REQUIRE(models.move({.model = "fraud", .version = 1, .to = mg::stage::staging, .actor = "bob", .reason = "why"}));
  CHECK(kept.size() == 1);
  CHECK(models.deliver_changes().error().message() == "the sink is down");
  CHECK(models.pending_changes()->size() == 2);
  fails = false;
  REQUIRE(models.deliver_changes());
  REQUIRE(kept.size() == 3);
  CHECK(kept[2].kind == "model_promoted");
  CHECK(kept[2].reason == "why");
  CHECK(kept[2].fields[0].value == "development");
  CHECK(models.pending_changes()->empty());
  for (std::size_t i = 0; i < kept.size(); ++i) CHECK(kept[i].number == i + 1);
}

TEST_CASE("a registry without records writes none") {
  ms::memory_storage storage;
  auto models = mg::open_registry(storage, support::at_a_millisecond(), mg::unrecorded()).value();
  support::register_one(models, "fraud");
  CHECK(models.pending_changes()->empty());
}
