// A consumer that is killed in the middle of its transaction, again and again: each event counts once.
#include <millrace/connect/kafka/consumer.hpp>
#include <millrace/connect/kafka/producer.hpp>
#include <millrace/store/messages/exactly_once.hpp>
#include <millrace/store/sqlite.hpp>

#include <support/catch.hpp>
#include <support/counted_events.hpp>
#include <support/mock_kafka.hpp>
#include <support/temp_dir.hpp>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <vector>

namespace mr = millrace;
namespace ms = millrace::store;
namespace mk = millrace::connect::kafka;

namespace {

using sqlite = ms::sqlite_storage<ms::durable::each>;
using counting = ms::exactly_once<support::counted_events, mk::consumer, sqlite>;

mk::connection_options reading(const std::string& brokers) {
  mk::connection_options made;
  made.brokers = brokers;
  made.settings = {{"session.timeout.ms", "3100"}, {"heartbeat.interval.ms", "100"}, {"fetch.wait.max.ms", "20"}};
  return made;
}

/// A process that was there before the cluster, which has threads: it waits for the brokers' address, reads, and says
/// when it is in the middle of a transaction.
class reader_process {
 public:
  explicit reader_process(const std::string& database) {
    REQUIRE(::pipe(to_) == 0);
    REQUIRE(::pipe(from_) == 0);
    child_ = ::fork();
    REQUIRE(child_ >= 0);
    if (child_ == 0) {
      ::close(to_[1]);
      ::close(from_[0]);
      ::_exit(run(database));
    }
    ::close(to_[0]);
    ::close(from_[1]);  // so that reading ends if the child does
  }
  ~reader_process() {
    kill();
    ::close(to_[1]);
    ::close(from_[0]);
  }

  void begin(const std::string& brokers) const {
    const std::string line = brokers + '\n';
    REQUIRE(::write(to_[1], line.data(), line.size()) == static_cast<ssize_t>(line.size()));
  }
  /// Waits until it is in a transaction.
  bool is_in_the_middle() const {
    char said = 0;
    return ::read(from_[0], &said, 1) == 1 && said == 'm';
  }
  void kill() {
    if (child_ <= 0) return;
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
    child_ = -1;
  }

 private:
  int run(const std::string& database) const {
    std::string brokers;
    for (char each = 0; ::read(to_[0], &each, 1) == 1 && each != '\n';) brokers += each;
    auto storage = sqlite::open(database);
    auto consumer = mk::consumer::open(reading(brokers), {.group = "g"}, "t");
    if (!storage || !consumer) return 1;
    auto once = counting::open(*consumer, *storage, {.group = "g", .batch = 7});
    for (int batches = 0;;) {
      int used = 0;
      const auto use = [&](support::counted_events& state, const ms::message& one,
                           sqlite::transaction& t) -> mr::result<void> {
        if (auto done = t.write("last", std::as_bytes(std::span(one.value.data(), one.value.size()))); !done)
          return done;
        if (batches == 2 && ++used == 4) {  // some were kept before, and some of this transaction are written
          if (::write(from_[1], "m", 1) != 1) ::_exit(2);
          std::this_thread::sleep_for(std::chrono::seconds(60));
        }
        return state.update(one);
      };
      const auto done = once->run(use, mr::seconds(.1));
      if (done && done->used > 0) ++batches;
    }
  }

  int to_[2] = {-1, -1};
  int from_[2] = {-1, -1};
  pid_t child_ = -1;
};

}  // namespace

TEST_CASE("kafka: a consumer that is killed in its transaction leaves each event once", "[kafka]") {
  support::temp_dir folder;
  const std::string database = folder / "consumed.db";
  std::vector<std::unique_ptr<reader_process>> readers;
  for (int i = 0; i < 2; ++i) readers.push_back(std::make_unique<reader_process>(database));
  const support::mock_kafka kafka;
  kafka.make_topic("t", 2);
  auto producer = mk::producer::open(kafka.connection());
  for (int i = 0; i < 80; ++i) REQUIRE(producer->send({.topic = "t", .value = std::to_string(i), .partition = i % 2}));
  REQUIRE(producer->flush(mr::seconds(30)));
  auto storage = sqlite::open(database);
  REQUIRE(storage);
  std::size_t kept = 0;
  for (auto& each : readers) {
    each->begin(kafka.brokers());
    REQUIRE(each->is_in_the_middle());
    each->kill();
    auto reader = mk::consumer::open(reading(kafka.brokers()), {.group = "other"}, "t");
    const auto all = counting::open(*reader, *storage, {.group = "g"})->merged();
    REQUIRE(all);
    CHECK(all->counts.size() > kept);
    kept = all->counts.size();
  }
  auto reader = mk::consumer::open(reading(kafka.brokers()), {.group = "g"}, "t");
  auto once = counting::open(*reader, *storage, {.group = "g"});
  const auto use = [](support::counted_events& state, const ms::message& one) { return state.update(one); };
  for (int i = 0; i < 300 && once->merged()->counts.size() < 80; ++i) REQUIRE(once->run(use, mr::seconds(.1)));
  CHECK(once->merged()->fault(80) == "");
}
