#include <millrace/store/messages/exactly_once.hpp>

#include <millrace/core/seed.hpp>
#include <millrace/store/memory_storage.hpp>
#include <millrace/store/messages/local_queue.hpp>
#include <millrace/store/sqlite.hpp>

#include <laws/messages.hpp>
#include <laws/storage.hpp>
#include <support/catch.hpp>
#include <support/counted_events.hpp>
#include <support/golden.hpp>
#include <support/stored_text.hpp>
#include <support/temp_dir.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace ms = millrace::store;
using support::counted_events;

namespace {

using queue_type = ms::local_queue<>;
using consumer_type = queue_type::consumer;
using counting = ms::exactly_once<counted_events, consumer_type, ms::memory_storage>;

mr::result<void> count(counted_events& state, const ms::message& one) { return state.update(one); }

void send_events(queue_type& queue, std::uint64_t from, std::uint64_t to, int partition = ms::any_partition) {
  for (std::uint64_t i = from; i < to; ++i)
    REQUIRE(queue.send({.topic = "t", .value = std::to_string(i), .partition = partition}));
}

}  // namespace

TEST_CASE("exactly_once: state and offsets are kept together, and outlive their reader", "[exactly_once]") {
  auto queue = queue_type::open({.partitions = 2});
  ms::memory_storage storage;
  send_events(*queue, 0, 10);
  {
    auto reader = *queue->subscribe("g", "t");
    auto once = counting::open(reader, storage, {.group = "g", .batch = 4});
    const auto done = once->run(count, mr::seconds(1));
    REQUIRE(done);
    CHECK(done->used == 4);
    CHECK(done->total() == 4);
    CHECK(once->merged()->counts.size() == 4);
  }
  auto reader = *queue->subscribe("g", "t");
  auto once = counting::open(reader, storage, {.group = "g"});
  REQUIRE(once->drain(count, mr::seconds(.01), mr::seconds(10)));
  CHECK(once->merged()->fault(10) == "");
  CHECK(once->counts().used == 6);
  CHECK(queue->size() == 0);  // the consumer was told, too
  CHECK(reader.poll(1, mr::duration(0)).error().code() == mr::errc::closed);
}

TEST_CASE("exactly_once: what the storage has passed is not used again", "[exactly_once]") {
  auto queue = queue_type::open({.partitions = 1});
  ms::memory_storage storage;
  send_events(*queue, 0, 10);
  // A reader whose consumer never hears of a commit: its group is given all messages again.
  auto first = *queue->subscribe("g", "t");
  auto once = counting::open(first, storage, {.group = "g", .commit_interval = mr::seconds(1000)});
  REQUIRE(once->run(count, mr::seconds(1)));
  first = *queue->subscribe("g", "t");  // it leaves without a word
  auto again = counting::open(first, storage, {.group = "g"});
  REQUIRE(again->run(count, mr::duration(0)));
  CHECK(again->counts().total() == 0);  // the hook has moved it
  REQUIRE(first.seek({"t", 0, 0}));     // as if its place had not been known
  const auto repeated = again->run(count, mr::duration(0));
  CHECK(repeated->duplicates == 10);
  CHECK(again->merged()->fault(10) == "");
}

TEST_CASE("exactly_once: messages that come twice count once", "[exactly_once]") {
  auto queue = queue_type::open({.partitions = 1});
  ms::memory_storage storage;
  std::int64_t first_offset = 0;
  REQUIRE(queue->send({.topic = "t", .value = "0"},
                      [&](const mr::result<ms::message_position>& at) noexcept { first_offset = at->offset; }));
  send_events(*queue, 1, 10);
  auto reader = *queue->subscribe("g", "t");
  auto keeper = *queue->subscribe("keeps all", "t");
  auto once = counting::open(reader, storage, {.group = "g"});
  REQUIRE(once->run(count, mr::seconds(1)));
  REQUIRE(reader.seek({"t", 0, first_offset + 3}));
  const auto again = once->run(count, mr::seconds(1));
  CHECK(again->duplicates == 7);
  CHECK(again->used == 0);
  CHECK(once->merged()->fault(10) == "");
  CHECK(once->counts().used == 10);
}

TEST_CASE("exactly_once: a batch that is not kept is used again, whole", "[exactly_once]") {
  auto queue = queue_type::open({.partitions = 1});
  ms::memory_storage storage;
  send_events(*queue, 0, 10);
  auto reader = *queue->subscribe("g", "t");
  auto once = counting::open(reader, storage, {.group = "g"});
  int calls = 0;
  const auto sometimes = [&](counted_events& state, const ms::message& one) -> mr::result<void> {
    if (++calls == 6) return mr::error(mr::errc::unavailable, "the database is away");
    return state.update(one);
  };
  const auto failed = once->run(sometimes, mr::seconds(1));
  REQUIRE_FALSE(failed);
  CHECK(failed.error().message() == "the database is away");
  CHECK(storage.size() == 0);
  const auto done = once->run(sometimes, mr::seconds(1));
  REQUIRE(done);
  CHECK(done->used == 10);
  CHECK(once->merged()->fault(10) == "");

  // The same of what throws: the exception goes through, and nothing is kept.
  send_events(*queue, 10, 20);
  calls = 0;
  const auto throwing = [&](counted_events& state, const ms::message& one) -> mr::result<void> {
    if (++calls == 6) throw std::runtime_error("thrown");
    return state.update(one);
  };
  CHECK_THROWS_AS(once->run(throwing, mr::seconds(1)), std::runtime_error);
  REQUIRE(once->run(throwing, mr::seconds(1)));
  CHECK(once->merged()->fault(20) == "");
}

TEST_CASE("exactly_once: what apply writes is kept with the state", "[exactly_once]") {
  auto queue = queue_type::open({.partitions = 1});
  ms::memory_storage storage;
  send_events(*queue, 0, 3);
  auto reader = *queue->subscribe("g", "t");
  auto once = ms::exactly_once<ms::no_state, consumer_type, ms::memory_storage>::open(reader, storage, {.group = "g"});
  bool fails = true;
  const auto write = [&](ms::no_state&, const ms::message& one,
                         ms::memory_storage::transaction& t) -> mr::result<void> {
    if (auto done = t.write("seen/" + one.value, laws::bytes_of("x")); !done) return done;
    if (fails && one.value == "2") return mr::error(mr::errc::io, "no");
    return {};
  };
  CHECK_FALSE(once->run(write, mr::seconds(1)));
  CHECK(storage.size() == 0);
  fails = false;
  REQUIRE(once->run(write, mr::seconds(1)));
  CHECK(storage.size() == 4);  // three of ours, and the offset
  CHECK(ms::exists(storage, "consumed/g/t/0000000000000000/offset"));
}

namespace {

/// Writes how many messages a batch had, behind the last of them.
struct batch_counter {
  std::uint64_t in_batch = 0;
  std::uint64_t batches = 0;
  bool is_failing = false;

  mr::result<void> operator()(counted_events& state, const ms::message& one) {
    ++in_batch;
    return state.update(one);
  }
  mr::result<void> finish(ms::memory_storage::transaction& t) {
    const std::string text = std::to_string(std::exchange(in_batch, 0));
    if (is_failing) return mr::error(mr::errc::io, "the disk is away");
    return t.write("batches/" + std::to_string(++batches), std::as_bytes(std::span(text)));
  }
};

}  // namespace

TEST_CASE("exactly_once: what is of a batch as a whole is written behind it", "[exactly_once]") {
  auto queue = queue_type::open({.partitions = 2});
  ms::memory_storage storage;
  send_events(*queue, 0, 7);
  auto reader = *queue->subscribe("g", "t");
  auto once = counting::open(reader, storage, {.group = "g", .batch = 5});
  batch_counter apply;
  apply.is_failing = true;
  CHECK(once->run(apply, mr::seconds(1)).error().code() == mr::errc::io);
  CHECK(storage.list("", "", 10)->empty());  // neither a state nor an offset
  apply.is_failing = false;
  REQUIRE(once->drain(apply, mr::seconds(.01), mr::seconds(10)));
  CHECK(support::text_of_objects(storage).find("batches/1\t5\nbatches/2\t2\n") != std::string::npos);
  CHECK(storage.list("batches/", "", 10)->size() == 2);  // none for a poll without messages
  CHECK(once->merged()->fault(7) == "");
}

TEST_CASE("exactly_once: dead letters by policy", "[exactly_once]") {
  const auto run = [](auto policy, auto check) {
    auto queue = queue_type::open({.partitions = 1});
    ms::memory_storage storage;
    for (const char* each : {"0", "bad", "1"}) REQUIRE(queue->send({.topic = "t", .value = each}));
    auto reader = *queue->subscribe("g", "t");
    auto once = ms::exactly_once<counted_events, consumer_type, ms::memory_storage, decltype(policy)>::open(
        reader, storage, {.group = "g"}, policy);
    check(*once, storage);
  };
  run(ms::stop_at_dead_letters(), [](auto& once, auto& storage) {
    for (int i = 0; i < 2; ++i) {
      const auto done = once.run(count, mr::seconds(1));
      REQUIRE_FALSE(done);
      CHECK_THAT(done.error().describe(), ContainsSubstring("cannot be used: no event: bad"));
    }
    CHECK(storage.size() == 0);
  });
  run(ms::skip_dead_letters(), [](auto& once, auto&) {
    const auto done = once.run(count, mr::seconds(1));
    CHECK(done->used == 2);
    CHECK(done->dead == 1);
    CHECK(once.merged()->fault(2) == "");
  });
  run(ms::keep_dead_letters(), [](auto& once, auto& storage) {
    REQUIRE(once.run(count, mr::seconds(1)));
    int found = 0;
    REQUIRE(ms::for_each_dead_letter(storage, "g", [&](const std::string&, const ms::dead_letter& each) {
      ++found;
      CHECK(each.letter.value == "bad");
      CHECK(each.reason == "no event: bad");
    }));
    CHECK(found == 1);
  });
  auto dead = ms::local_queue<>::open({.partitions = 1});
  run(ms::send_dead_letters(*dead), [&](auto& once, auto&) {
    REQUIRE(once.run(count, mr::seconds(1)));
    CHECK(dead->size() == 1);
  });
}

TEST_CASE("exactly_once: two who hold one partition write one after the other", "[exactly_once]") {
  auto queue = queue_type::open({.partitions = 1});
  ms::memory_storage storage;
  // Two groups of the queue, and one of the storage: both are given all messages.
  auto one = *queue->subscribe("one", "t");
  auto two = *queue->subscribe("two", "t");
  auto first = counting::open(one, storage, {.group = "g", .batch = 3});
  auto second = counting::open(two, storage, {.group = "g", .batch = 5});
  REQUIRE(first->run(count, mr::duration(0)));
  REQUIRE(second->run(count, mr::duration(0)));
  send_events(*queue, 0, 10);
  for (int i = 0; i < 4; ++i) {
    REQUIRE(first->run(count, mr::duration(0)));
    REQUIRE(second->run(count, mr::duration(0)));
  }
  CHECK(first->counts().used + second->counts().used == 10);
  CHECK(first->counts().duplicates > 0);
  CHECK(second->counts().duplicates > 0);
  CHECK(first->merged()->fault(10) == "");
}

TEST_CASE("exactly_once: what the storage has of others' is refused", "[exactly_once]") {
  auto queue = queue_type::open({.partitions = 1});
  ms::memory_storage storage;
  send_events(*queue, 0, 1);
  const std::string key = "consumed/g/t/0000000000000000/offset";
  REQUIRE(storage.write(key, laws::bytes_of("torn")));
  auto reader = *queue->subscribe("g", "t");
  auto once = counting::open(reader, storage, {.group = "g"});
  REQUIRE(once->run(count, mr::duration(0)));  // the hook cannot say so: nothing is used
  CHECK(once->counts().not_owned == 1);
  const auto done = once->run(count, mr::duration(0));
  REQUIRE_FALSE(done);
  CHECK_THAT(done.error().describe(), ContainsSubstring(key));
  for (const auto& bad : {ms::detail::kept_offset{-1, 1}, ms::detail::kept_offset{1, 0}}) {
    REQUIRE(storage.write(key, bad.save()));
    CHECK(once->run(count, mr::duration(0)).error().code() == mr::errc::corrupt);
  }
  REQUIRE(storage.remove(key));
  REQUIRE(once->run(count, mr::duration(0)));
  CHECK(once->merged()->fault(1) == "");
  CHECK(counting::open(reader, storage, {.group = ""}).error().code() == mr::errc::invalid_argument);
  CHECK(counting::open(reader, storage, {.batch = 0}).error().code() == mr::errc::invalid_argument);
}

TEST_CASE("exactly_once: the form of a kept offset stays what it is", "[exactly_once]") {
  const auto kept = support::from_golden("store/consumed_offset_1.bin", ms::detail::kept_offset{1'700'000'000'123, 42});
  CHECK(kept.next == 1'700'000'000'123);
  CHECK(kept.transactions == 42);
}

// Members come and go, transactions fail before and after they did their work, the storage cannot be read while
// partitions are assigned, messages are sought back, and members go without a word in the middle of a batch: still each
// event counts once.
TEST_CASE("exactly_once: each event once, in random schedules over a local queue", "[exactly_once]") {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    mr::random_engine random(seed);
    auto queue = queue_type::open({.partitions = 1 + static_cast<std::int32_t>(random.below(4))});
    support::shaky_storage storage(seed);
    using member = ms::exactly_once<counted_events, consumer_type, support::shaky_storage>;
    struct one {
      std::unique_ptr<consumer_type> consumer;
      std::unique_ptr<member> once;
    };
    std::vector<one> members;
    std::uint64_t sent = 0;
    const auto add = [&] {
      auto consumer = std::make_unique<consumer_type>(*queue->subscribe("g", "t"));
      auto once =
          std::make_unique<member>(*member::open(*consumer, storage,
                                                 {.group = "g",
                                                  .batch = 1 + random.below(20),
                                                  .commit_interval = mr::seconds(random.below(2) == 0 ? 0 : 1000)}));
      members.push_back({std::move(consumer), std::move(once)});
    };
    for (int step = 0; step < 60; ++step) {
      storage.fails = random.below(3) == 0 ? .3 : 0;
      const auto what = random.below(10);
      if (what < 3) {
        const std::uint64_t more = random.below(30);
        send_events(*queue, sent, sent + more);
        sent += more;
      } else if (what == 3 && members.size() < 4) {
        add();
      } else if (what == 4 && !members.empty()) {
        auto& gone = members[random.below(members.size())];
        if (random.below(2) == 0) (void)gone.once->close();
        std::swap(gone, members.back());
        members.pop_back();
      } else if (what == 5 && !members.empty()) {
        // Read behind its back: these messages are as if they were lost on the way, until it is sought or moved.
        auto& from = members[random.below(members.size())];
        for (const auto& at : from.consumer->assignment()) (void)from.consumer->seek({at.topic, at.partition, 0});
      } else if (!members.empty()) {
        (void)members[random.below(members.size())].once->run(count, mr::duration(0));
      }
    }
    storage.fails = 0;
    add();
    for (int quiet = 0; quiet < 8;) {
      std::uint64_t came = 0;
      for (auto& each : members) {
        const auto done = each.once->run(count, mr::duration(0));
        REQUIRE(done);
        came += done->total();
      }
      quiet = came == 0 ? quiet + 1 : 0;
    }
    INFO("seed " << seed);
    REQUIRE(members.back().once->merged()->fault(sent) == "");
  }
}

TEST_CASE("exactly_once: over SQLite, opened again", "[exactly_once]") {
  support::temp_dir folder;
  using sqlite = ms::sqlite_storage<ms::durable::os>;
  auto queue = queue_type::open({.partitions = 3});
  send_events(*queue, 0, 60);
  for (int i = 0; i < 3; ++i) {
    auto storage = sqlite::open(folder / "consumed.db");
    REQUIRE(storage);
    auto reader = *queue->subscribe("g", "t");
    auto once = ms::exactly_once<counted_events, consumer_type, sqlite>::open(
        reader, *storage, {.group = "g", .batch = 20, .commit_interval = mr::seconds(1000)});
    REQUIRE(once->run(count, mr::seconds(1)));
    CHECK(once->merged()->counts.size() == static_cast<std::size_t>(20 * (i + 1)));
    CHECK(once->merged()->fault(once->merged()->counts.size()).find("times") == std::string::npos);
  }
}
