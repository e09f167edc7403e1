#include <millrace/connect/redis/client.hpp>

#include <support/catch.hpp>
#include <support/fake_redis.hpp>
#include <support/redis_server.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace redis = mr::connect::redis;
using namespace std::chrono_literals;
using redis::effect;
using told = support::fake_redis::told;

namespace {

constexpr mr::resilience::retry_options at_once{.attempts = 3, .base = 1ms, .cap = 2ms};

struct cluster {
  std::vector<std::unique_ptr<support::redis_server>> servers;

  cluster() {
    for (int i = 0; i < 3; ++i)
      servers.push_back(std::make_unique<support::redis_server>(
          std::vector<std::string>{"--cluster-enabled", "yes", "--cluster-port", std::to_string(support::free_port()),
                                   "--cluster-require-full-coverage", "no", "--cluster-node-timeout", "2000"}));
    // Each third of the slots to one; nobody waits for votes, since each learns of the others by what it is told.
    for (std::size_t i = 0; i < 3; ++i) {
      redis::client one({.server = servers[i]->address()});
      const std::size_t from = i * redis::slot_count / 3;
      const std::size_t to = (i + 1) * redis::slot_count / 3 - 1;
      REQUIRE(one.call(effect::repeatable, "CLUSTER", "ADDSLOTSRANGE", from, to));
      REQUIRE(one.call(effect::repeatable, "CLUSTER", "SET-CONFIG-EPOCH", i + 1));
    }
    redis::client first({.server = servers[0]->address()});
    for (std::size_t i = 1; i < 3; ++i)
      REQUIRE(first.call(effect::repeatable, "CLUSTER", "MEET", "127.0.0.1", servers[i]->port(), bus_of(i)));
    for (int tries = 0; tries < 1000; ++tries) {
      int know = 0;
      for (const auto& each : servers) {
        redis::client one({.server = each->address()});
        const auto info = one.call(effect::reads, "CLUSTER", "INFO");
        REQUIRE(info);
        if (info->text.find("cluster_slots_assigned:16384") != std::string::npos &&
            info->text.find("cluster_state:ok") != std::string::npos)
          ++know;
      }
      if (know == 3) return;
      std::this_thread::sleep_for(10ms);
    }
    FAIL("the cluster does not form");
  }
  std::string bus_of(std::size_t i) const {
    redis::client one({.server = servers[i]->address()});
    const auto got = one.call(effect::reads, "CONFIG", "GET", "cluster-port");
    REQUIRE(got);
    return got->elements.at(1).text;
  }
  std::string id_of(std::size_t i) const {
    redis::client one({.server = servers[i]->address()});
    return one.call(effect::reads, "CLUSTER", "MYID")->text;
  }
};

}  // namespace

TEST_CASE("a client of Redis asks from many threads, and tells failures by their keys") {
  if (!support::has_redis()) return;
  support::redis_server server;
  redis::client client({.server = server.address()});
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        redis::commands all(effect::repeatable);
        const std::string value = std::to_string(t) + "/" + std::to_string(i);
        for (int k = 0; k < 20; ++k)
          all.update("SET", "k" + std::to_string(t * 20 + k), value).update("GET", "k" + std::to_string(t * 20 + k));
        const auto made = client.exchange(all);
        if (!made || made->size() != 40) {
          ++wrong;
          continue;
        }
        for (std::size_t k = 1; k < 40; k += 2)
          if ((*made)[k].text != value) ++wrong;
      }
    });
  for (std::thread& each : threads) each.join();
  CHECK(wrong == 0);
  CHECK(client.statistics().commands == 4 * 50 * 40);
  REQUIRE(client.call(effect::once, "LPUSH", "a list", "x"));
  const auto refused = client.call(effect::reads, "GET", "a list");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == mr::errc::type_mismatch);
  CHECK_THAT(refused.error().message(), ContainsSubstring("\"a list\""));
  CHECK(client.exchange(redis::commands())->empty());
}

TEST_CASE("a server of Redis is killed and started again under load, and what was said to be written is there") {
  if (!support::has_redis()) return;
  support::redis_server server({"--appendonly", "yes", "--appendfsync", "always"});
  redis::client client({.server = server.address(),
                        .retry = {.attempts = 200, .base = 5ms, .cap = 10ms},
                        .breaker = {.failure_rate = 2}});
  std::atomic<bool> is_over{false};
  std::atomic<int> failed{0};
  std::atomic<int> written[3] = {};
  int counted[3] = {};
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([&, t] {
      while (!is_over) {
        if (client.call(effect::repeatable, "SET", "w" + std::to_string(t), written[t].load() + 1))
          ++written[t];
        else
          ++failed;
        // Counted once, or unknown, never twice.
        if (client.call(effect::once, "INCR", "n" + std::to_string(t))) ++counted[t];
      }
    });
  const auto wait_for_writes = [&] {
    const int before[3] = {written[0], written[1], written[2]};
    for (int tries = 0; tries < 5000; ++tries) {
      if (written[0] > before[0] + 4 && written[1] > before[1] + 4 && written[2] > before[2] + 4) return;
      std::this_thread::sleep_for(1ms);
    }
  };
  for (int round = 0; round < 3; ++round) {
    wait_for_writes();
    server.kill();
    std::this_thread::sleep_for(10ms);
    server.start();
  }
  wait_for_writes();
  is_over = true;
  for (std::thread& each : threads) each.join();
  CHECK(failed == 0);
  for (int t = 0; t < 3; ++t) {
    CHECK(client.call(effect::reads, "GET", "w" + std::to_string(t))->text == std::to_string(written[t].load()));
    const int kept = std::stoi(client.call(effect::reads, "GET", "n" + std::to_string(t))->text);
    CHECK(kept >= counted[t]);
    CHECK(kept <= counted[t] + 3);  // at most one unknown for each kill
    CHECK(written[t] > 16);
  }
}

TEST_CASE("what is done once in Redis is not sent again when nobody knows whether it was done") {
  support::fake_redis server([](int, std::string_view) { return told{"", true}; });
  redis::client client({.server = server.address(), .retry = at_once});
  const auto once = client.call(effect::once, "INCR", "counter");
  REQUIRE_FALSE(once);
  CHECK(once.error().code() == mr::errc::closed);
  CHECK_THAT(once.error().message(), ContainsSubstring("\"counter\"") && ContainsSubstring("unknown"));
  CHECK(server.received() == 1);
  CHECK(client.call(effect::repeatable, "SET", "k", "v").error().code() == mr::errc::io);
  CHECK(server.received() == 4);
}

TEST_CASE("what a server of Redis says that it cannot do now is sent again, and nothing else") {
  support::fake_redis server([](int, std::string_view received) {
    static std::atomic<int> calls{0};
    // Of three commands the second is refused for the moment: it alone comes again.
    if (received.find("INCR") == std::string_view::npos) return told{"-ERR what\r\n", false};
    if (calls++ == 0) return told{":1\r\n-LOADING Redis is loading the dataset in memory\r\n:3\r\n", false};
    return received == "*2\r\n$4\r\nINCR\r\n$1\r\nb\r\n" ? told{":2\r\n", false} : told{"-ERR what\r\n", false};
  });
  redis::client client({.server = server.address(), .retry = at_once});
  redis::commands all(effect::once);
  all.update("INCR", "a").update("INCR", "b").update("INCR", "c");
  const auto made = client.exchange(all);
  REQUIRE(made);
  CHECK((*made)[0].integer == 1);
  CHECK((*made)[1].integer == 2);
  CHECK((*made)[2].integer == 3);
  CHECK(client.statistics().retries == 1);
}

TEST_CASE("a server of Redis that takes no writes says so, with the key") {
  if (!support::has_redis()) return;
  support::redis_server server({"--repl-diskless-sync-delay", "0"});
  support::redis_server copy({"--replicaof", "127.0.0.1", std::to_string(server.port())});
  redis::client wrong({.server = copy.address(), .retry = {.attempts = 2, .base = 1ms, .cap = 1ms}});
  const auto refused = wrong.call(effect::repeatable, "SET", "key", "v");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == mr::errc::unavailable);
  CHECK_THAT(refused.error().describe(), ContainsSubstring("READONLY") && ContainsSubstring("\"key\""));

  redis::client_options options{.server = server.address(), .retry = at_once};
  options.others = {copy.at()};
  redis::client client(std::move(options));
  REQUIRE(client.call(effect::repeatable, "SET", "key", "v"));
  REQUIRE(client.call(effect::once, "WAIT", 1, 4000)->integer == 1);
  redis::client direct({.server = copy.address()});
  const auto reads_of = [](redis::client& one) {
    const std::string stats = one.call(effect::once, "INFO", "commandstats")->text;
    const std::size_t at = stats.find("cmdstat_get:calls=");
    return at == std::string::npos ? 0 : std::stoi(stats.substr(at + 18));
  };
  for (int i = 0; i < 10; ++i) CHECK(client.call(effect::reads, "GET", "key")->text == "v");
  CHECK(reads_of(direct) == 10);  // all from the copy
  copy.kill();
  CHECK(client.call(effect::reads, "GET", "key")->text == "v");  // then from the other
}

TEST_CASE("a server of Redis that fails is left alone for a while") {
  support::fake_redis server([](int, std::string_view) { return told{"", true}; });
  redis::client client(
      {.server = server.address(), .retry = {.attempts = 1}, .breaker = {.calls = 4, .min_calls = 4, .open_for = 60s}});
  for (int i = 0; i < 4; ++i) CHECK_FALSE(client.call(effect::reads, "GET", "k"));
  const int before = server.received();
  const auto refused = client.call(effect::reads, "GET", "k");
  REQUIRE_FALSE(refused);
  CHECK(mr::resilience::is_open_breaker(refused.error()));
  CHECK(server.received() == before);
}

TEST_CASE("keys of a cluster are found where they are, also after they have moved") {
  if (!support::has_redis()) return;
  const cluster of;
  redis::client client({.server = of.servers[0]->address(), .layout = redis::layout::cluster, .retry = at_once});
  redis::commands writes(effect::repeatable);
  for (int i = 0; i < 300; ++i) writes.update("SET", "key" + std::to_string(i), i);
  const auto written = client.exchange(writes);
  REQUIRE(written);
  redis::commands reads(effect::reads);
  for (int i = 0; i < 300; ++i) reads.update("GET", "key" + std::to_string(i));
  const auto all_there = [&](redis::client& through) {
    const auto got = through.exchange(reads);
    REQUIRE(got);
    for (std::size_t i = 0; i < 300; ++i) REQUIRE((*got)[i].text == std::to_string(i));
  };
  all_there(client);
  CHECK(client.statistics().redirects == 0);  // it asked where the slots are
  CHECK(client.statistics().exchanges == 6);

  // Keys with one tag are together, so a script may use both.
  REQUIRE(client.call(effect::repeatable, "MSET", "{t}a", 1, "{t}b", 2));
  CHECK(client.call(effect::repeatable, "MSET", "a", 1, "b", 2).error().code() == mr::errc::invalid_argument);

  // A slot on its way: keys that have gone are asked for where they go (ASK), the others where they are.
  const std::string slot = std::to_string(redis::key_slot("{m}"));
  const std::size_t from = redis::key_slot("{m}") / (redis::slot_count / 3 + 1);
  const std::size_t to = (from + 1) % 3;
  REQUIRE(client.call(effect::repeatable, "SET", "{m}1", "one"));
  redis::client source({.server = of.servers[from]->address()});
  redis::client target({.server = of.servers[to]->address()});
  REQUIRE(target.call(effect::repeatable, "CLUSTER", "SETSLOT", slot, "IMPORTING", of.id_of(from)));
  REQUIRE(source.call(effect::repeatable, "CLUSTER", "SETSLOT", slot, "MIGRATING", of.id_of(to)));
  redis::commands fresh(effect::repeatable);
  fresh.update("SET", "{m}2", "two").update("GET", "{m}1").update("SET", "{m}3", "three").update("GET", "{m}2");
  const auto asked = client.exchange(fresh);
  REQUIRE(asked);
  CHECK((*asked)[0].kind == redis::reply_kind::status);
  CHECK((*asked)[1].text == "one");
  CHECK((*asked)[3].text == "two");
  CHECK(client.statistics().redirects == 3);
  REQUIRE(source.call(effect::once, "MIGRATE", "127.0.0.1", of.servers[to]->port(), "{m}1", 0, 1000));
  CHECK(client.call(effect::reads, "GET", "{m}1")->text == "one");  // ASK again

  // It has moved (MOVED): once followed, it is known.
  for (redis::client* const each : {&target, &source})
    REQUIRE(each->call(effect::repeatable, "CLUSTER", "SETSLOT", slot, "NODE", of.id_of(to)));
  const std::uint64_t before = client.statistics().redirects;
  for (int i = 0; i < 5; ++i) CHECK(client.call(effect::reads, "GET", "{m}2")->text == "two");
  CHECK(client.statistics().redirects <= before + 1);

  // One node is gone: the keys of the others are there, and its own are an error.
  of.servers[2]->kill();
  redis::client_options options{.server = of.servers[2]->address(), .layout = redis::layout::cluster, .retry = at_once};
  options.others = {of.servers[1]->at()};
  redis::client late(std::move(options));
  int there = 0;
  for (int i = 0; i < 30; ++i)
    if (late.call(effect::reads, "GET", "key" + std::to_string(i))) ++there;
  CHECK(there > 10);
  CHECK(there < 30);
}

TEST_CASE("a cluster that sends a client round and round is an error") {
  support::fake_redis server([](int, std::string_view received) {
    std::string made;
    for (std::size_t at = 0; (at = received.find('*', at)) != std::string_view::npos; ++at)
      made += "-MOVED 5 127.0.0.1:1\r\n";
    return told{made, false};
  });
  redis::client client({.server = server.address(), .layout = redis::layout::cluster, .retry = at_once});
  CHECK_FALSE(client.call(effect::reads, "GET", "k"));
  support::fake_redis turning([](int, std::string_view received) {
    return received.find("CLUSTER") != std::string_view::npos ? told{"*0\r\n", false} : told{"-ASK 5 :0\r\n", false};
  });
  redis::client other({.server = turning.address(), .layout = redis::layout::cluster, .retry = at_once});
  CHECK_FALSE(other.call(effect::reads, "GET", "k"));
}
