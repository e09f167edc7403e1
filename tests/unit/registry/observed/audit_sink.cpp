#include <millrace/registry/observed/audit_sink.hpp>

#include <millrace/core/seed.hpp>
#include <millrace/observe/audit/verify_trail.hpp>
#include <millrace/store/memory_storage.hpp>
#include <millrace/store/sqlite.hpp>

#include <support/catch.hpp>
#include <support/registry.hpp>
#include <support/temp_dir.hpp>

#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <cstdint>
#include <string>
#include <vector>

namespace mr = millrace;
namespace mg = millrace::registry;
namespace mo = millrace::observe;
namespace ms = millrace::store;

namespace {

using sink_type = mg::audit_sink<>;

/// The numbers of the changes that a trail has of a registry, in its order.
std::vector<std::uint64_t> changes_in(const std::string& folder, const std::string& registry) {
  std::vector<std::uint64_t> made;
  const auto read = mo::read_trail(folder, [&](const mo::audit_entry& entry) {
    const auto* const of = entry.find("registry");
    if (of != nullptr && of->text == registry) made.push_back(std::stoull(entry.find("change")->text));
  });
  REQUIRE(read);
  return made;
}
std::vector<std::uint64_t> up_to(std::uint64_t last) {
  std::vector<std::uint64_t> made;
  for (std::uint64_t i = 1; i <= last; ++i) made.push_back(i);
  return made;
}

/// An audit sink that fails at a step, as a process that dies there: before the trail has the change, or behind that.
struct dying_sink {
  sink_type under;
  int* steps;  // left to live
  mr::result<void> append(const mg::change& what) {
    if ((*steps)-- <= 0) return mr::error(mr::errc::io, "died before");
    if (auto done = under.append(what); !done) return done;
    if ((*steps)-- <= 0) return mr::error(mr::errc::io, "died behind");
    return {};
  }
};

}  // namespace

TEST_CASE("an audit trail has what a registry did, by whom and why") {
  const support::temp_dir folder;
  ms::memory_storage storage;
  auto trail = mo::audit_trail<>::open(folder / "audit").value();
  auto models = mg::open_registry(storage, support::at_a_millisecond(),
                                  sink_type::open(trail, {.actor = mo::pii_type::person_name}).value())
                    .value();
  support::register_one(models, "fraud");
  REQUIRE(models.move({.model = "fraud", .version = 1, .to = mg::stage::staging, .actor = "bob", .reason = "good"}));
  REQUIRE(models.set_tag("fraud", 1, {"Any key: \"\xc3\xa9\"/", std::string(5'000, 'x')}, "bob"));
  REQUIRE(trail.close());
  std::vector<mo::audit_entry> seen;
  REQUIRE(mo::read_trail(folder / "audit", [&](const mo::audit_entry& entry) {
    if (entry.find("change") != nullptr) seen.push_back(entry);
  }));
  REQUIRE(seen.size() == 4);
  CHECK(seen[0].kind == "model_created");
  CHECK(seen[1].kind == "model_registered");
  CHECK(seen[1].object == "model/fraud/1");
  CHECK(seen[2].kind == "model_promoted");
  CHECK(seen[2].actor.text == "bob");
  CHECK(seen[2].actor.pii == mo::pii_type::person_name);
  CHECK(seen[2].reason == "good");
  CHECK(seen[2].unix_nanoseconds == 1'000'000);
  CHECK(seen[2].find("to")->text == "staging");
  CHECK(seen[2].find("registry")->text == models.id());
  CHECK(seen[3].find("value")->text == std::string(2'000, 'x') + "... (5000 bytes)");
}

TEST_CASE("a change is in the trail once, wherever the process dies") {
  for (int steps = 0; steps < 9; ++steps) {
    CAPTURE(steps);
    const support::temp_dir folder;
    ms::memory_storage storage;
    std::string id;
    {
      auto trail = mo::audit_trail<>::open(folder / "audit").value();
      int left = steps;
      auto models =
          mg::open_registry(storage, support::at_a_millisecond(), dying_sink{sink_type::open(trail).value(), &left})
              .value();
      id = models.id();
      REQUIRE(models.create_model({.name = "fraud", .actor = "ada"}));
      REQUIRE(models.set_tag("fraud", 0, {"a", "b"}, "ada"));
      REQUIRE(models.set_tag("fraud", 0, {"a", "c"}, "ada"));
      REQUIRE(trail.close());
    }
    auto trail = mo::audit_trail<>::open(folder / "audit").value();
    auto models = mg::open_registry(storage, support::at_a_millisecond(), sink_type::open(trail).value()).value();
    CHECK(models.pending_changes()->empty());
    REQUIRE(models.set_tag("fraud", 0, {"a", "d"}, "ada"));
    CHECK(changes_in(folder / "audit", id) == up_to(4));
  }
}

TEST_CASE("changes of two registries share a trail") {
  const support::temp_dir folder;
  ms::memory_storage storage;
  auto trail = mo::audit_trail<>::open(folder / "audit").value();
  auto options = support::at_a_millisecond();
  auto one = mg::open_registry(storage, options, sink_type::open(trail).value()).value();
  options.folder = "other";
  auto other = mg::open_registry(storage, options, sink_type::open(trail).value()).value();
  REQUIRE(one.create_model({.name = "a", .actor = "ada"}));
  REQUIRE(other.create_model({.name = "a", .actor = "ada"}));
  REQUIRE(other.create_model({.name = "b", .actor = "ada"}));
  CHECK(one.id() != other.id());
  CHECK(changes_in(folder / "audit", one.id()) == up_to(1));
  CHECK(changes_in(folder / "audit", other.id()) == up_to(2));
}

TEST_CASE("kill -9 at any moment neither loses nor doubles a change") {
  const support::temp_dir folder;
  mr::random_engine random(20250130);
  std::uint64_t acknowledged = 0;
  for (int round = 0; round < 12; ++round) {
    int told[2];
    REQUIRE(::pipe(told) == 0);
    const pid_t child = ::fork();
    if (child == 0) {
      ::close(told[0]);
      mo::audit_trail_options often;
      often.max_delay_ms = 1;
      auto storage = ms::sqlite_storage<ms::durable::os>::open(folder / "models.db");
      auto trail = mo::audit_trail<>::open(folder / "audit", often);
      if (!storage || !trail) ::_exit(9);
      auto sink = sink_type::open(*trail);
      if (!sink) ::_exit(8);
      auto models = mg::open_registry(*storage, {}, *std::move(sink));
      if (!models) ::_exit(7);
      for (;;) {
        const auto made = models->register_version({.model = "fraud", .actor = "ada"});
        if (!made) ::_exit(6);
        if (::write(told[1], &made->version, sizeof made->version) != sizeof made->version) ::_exit(5);
      }
    }
    ::close(told[1]);
    if (round % 3 != 0) {
      std::uint64_t version = 0;
      if (::read(told[0], &version, sizeof version) == sizeof version) acknowledged = version;
    }
    ::usleep(static_cast<useconds_t>(random.below(15'000)));
    ::kill(child, SIGKILL);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status));
    for (std::uint64_t version = 0; ::read(told[0], &version, sizeof version) == sizeof version;)
      acknowledged = version;
    ::close(told[0]);
  }
  auto storage = ms::sqlite_storage<ms::durable::os>::open(folder / "models.db").value();
  auto trail = mo::audit_trail<>::open(folder / "audit").value();
  auto models = mg::open_registry(storage, {}, sink_type::open(trail).value()).value();
  const auto last = models.find_model("fraud").value().last_version;
  CHECK(last >= acknowledged);
  CHECK(acknowledged > 0);
  CHECK(models.list_versions("fraud", 0, 100'000)->size() == last);
  CHECK(models.pending_changes()->empty());
  CHECK(changes_in(folder / "audit", models.id()) == up_to(last + 1));
  REQUIRE(trail.close());
  CHECK(mo::verify_trail(folder / "audit")->sound);
}
