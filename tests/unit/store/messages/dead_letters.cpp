#include <millrace/store/messages/dead_letters.hpp>

#include <millrace/store/memory_storage.hpp>
#include <millrace/store/messages/local_queue.hpp>

#include <laws/messages.hpp>
#include <laws/storage.hpp>
#include <support/catch.hpp>

#include <string>
#include <vector>

namespace mr = millrace;
namespace ms = millrace::store;

namespace {

using transaction = ms::memory_storage::transaction;
static_assert(ms::dead_letter_policy<ms::stop_at_dead_letters, transaction>);
static_assert(ms::dead_letter_policy<ms::skip_dead_letters, transaction>);
static_assert(ms::dead_letter_policy<ms::keep_dead_letters, transaction>);
static_assert(ms::dead_letter_policy<ms::send_dead_letters<ms::local_queue<>>, transaction>);
static_assert(!ms::dead_letter_policy<int, transaction>);

ms::message letter() {
  ms::message made{.topic = "t", .key = "k", .value = "bad"};
  made.headers = {{"trace", "1"}};
  made.partition = 2;
  made.offset = 7;
  return made;
}
mr::error why() { return mr::error(mr::errc::corrupt, "no JSON").wrap("t[2] at 7"); }

template <class Policy>
mr::result<int> bury(ms::memory_storage& storage, Policy policy) {
  return storage.transact([&](transaction& t) -> mr::result<int> {
    if (auto done = policy.bury(t, "g", letter(), why()); !done) return std::move(done).error();
    if (auto done = policy.flush(); !done) return std::move(done).error();
    return 0;
  });
}

}  // namespace

TEST_CASE("dead letters: an error of the world is none", "[dead_letters]") {
  for (const auto code : {mr::errc::invalid_argument, mr::errc::corrupt, mr::errc::event_threw})
    CHECK(ms::is_dead_letter(code));
  for (const auto code : {mr::errc::io, mr::errc::unavailable, mr::errc::timeout})
    CHECK_FALSE(ms::is_dead_letter(code));
}

TEST_CASE("dead letters: a policy stops at them or skips them", "[dead_letters]") {
  ms::memory_storage storage;
  CHECK(bury(storage, ms::stop_at_dead_letters()).error().describe() ==
        "the message t[2] at 7 cannot be used: t[2] at 7: no JSON");
  CHECK(bury(storage, ms::skip_dead_letters()));
  CHECK(storage.size() == 0);
}

TEST_CASE("dead letters: kept in the storage as they were, with the reason", "[dead_letters]") {
  ms::memory_storage storage;
  REQUIRE(bury(storage, ms::keep_dead_letters()));
  std::vector<std::string> keys;
  REQUIRE(ms::for_each_dead_letter(storage, "g", [&](const std::string& key, const ms::dead_letter& found) {
    keys.push_back(key);
    CHECK(found.letter == letter());
    CHECK(found.code == mr::errc::corrupt);
    CHECK(found.reason == "t[2] at 7: no JSON");
  }));
  CHECK(keys == std::vector<std::string>{"dead_letters/g/t/0000000000000002/0000000000000007"});
  REQUIRE(ms::for_each_dead_letter(storage, "other", [&](const std::string&, const ms::dead_letter&) { FAIL(); }));
  const auto stopped = ms::for_each_dead_letter(
      storage, "g", [&](const std::string& key, const ms::dead_letter&) { return storage.remove(key); });
  REQUIRE(stopped);
  CHECK(storage.size() == 0);
}

TEST_CASE("dead letters: what is none in the storage is an error with its key", "[dead_letters]") {
  const auto fault = [](const std::vector<ms::message>& kept) {
    ms::memory_storage storage;
    REQUIRE(storage.write("dead_letters/g/x", ms::save_messages(kept)));
    const auto read = ms::for_each_dead_letter(storage, "g", [](const std::string&, const ms::dead_letter&) {});
    return read ? std::string() : read.error().message();
  };
  auto dead = ms::detail::dead_message(letter(), why());
  CHECK(fault({dead}).empty());
  const std::string none = "the object \"dead_letters/g/x\" is no dead letter";
  CHECK(fault({}) == none);
  CHECK(fault({dead, dead}) == none);
  CHECK(fault({letter()}) == none);
  dead.headers[4].value = "surprise";
  CHECK(fault({dead}) == none);
  std::swap(dead.headers[4], dead.headers[5]);
  CHECK(fault({dead}) == none);
}

TEST_CASE("dead letters: sent to a topic, with where they were", "[dead_letters]") {
  ms::memory_storage storage;
  auto queue = ms::local_queue<>::open({.partitions = 1});
  REQUIRE(bury(storage, ms::send_dead_letters(*queue)));
  auto reader = *queue->subscribe("g", "t.dead");
  const auto read = laws::read_messages(reader, 1);
  REQUIRE(read.size() == 1);
  CHECK(read[0].key == "k");
  CHECK(read[0].value == "bad");
  CHECK(*ms::find_header(read[0].headers, "trace") == "1");
  CHECK(*ms::find_header(read[0].headers, "millrace-dead-topic") == "t");
  CHECK(*ms::find_header(read[0].headers, "millrace-dead-partition") == "2");
  CHECK(*ms::find_header(read[0].headers, "millrace-dead-offset") == "7");
  CHECK(*ms::find_header(read[0].headers, "millrace-dead-code") == "corrupt");
  CHECK(*ms::find_header(read[0].headers, "millrace-dead-reason") == "t[2] at 7: no JSON");
  // A topic's name that is too long with its suffix is an error, which undoes the transaction.
  CHECK_FALSE(bury(storage, ms::send_dead_letters(*queue, std::string(250, 'x'))));
}
