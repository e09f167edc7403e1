#include <millrace/store/log_worker.hpp>

#include <support/catch.hpp>

#include <atomic>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

namespace mr = millrace;

namespace {

/// The smallest log: its file is a vector, and its disk refuses when told to.
class memory_log : public mr::store::log_worker<memory_log, mr::store::shared> {
 public:
  explicit memory_log(const mr::store::log_schedule& schedule)
      : log_worker(schedule, mr::error(mr::errc::unavailable, "out of memory")) {}
  ~memory_log() { (void)close(); }

  const std::string& path() const noexcept { return path_; }
  bool put(std::string_view text) {
    return append<mr::store::block>(text.size(), [&](const mr::store::ring_slot& slot) {
             std::memcpy(slot.data, text.data(), text.size());
           }) != 0;
  }
  std::uint64_t dropped() const noexcept { return dropped_.load_relaxed(); }

  std::atomic<int> disk_error{0};
  std::vector<std::string> lines;  // to be read after close()
  int closings = 0;

 private:
  friend log_worker;

  bool step(bool stopping, std::uint64_t& synced_at) noexcept {
    if (const int why = disk_error; why != 0) return refuse({why, "write"});
    recover();
    bool moved = false;
    gathered_ = ring.drain([&](const std::byte* data, std::size_t size, std::uint32_t dropped) noexcept {
      dropped_.add_relaxed(dropped);
      lines.emplace_back(reinterpret_cast<const char*>(data), size);
      return moved = true;
    });
    tell_room();
    written.store_release(gathered_);
    if (sync_due(stopping, synced_at, synced_at)) note_synced();
    return moved;
  }
  void serve() noexcept {}
  mr::result<void> close_file() {
    ++closings;
    return {};
  }
  std::uint64_t count_unwritten() noexcept { return count_left(); }

  std::string path_ = "memory";
};

}  // namespace

TEST_CASE("a log worker takes records of many threads, moves its watermark, and closes once", "[log_worker][threads]") {
  memory_log log({mr::store::sync_policy::on_request, 100, 1, 4096});
  REQUIRE(log.start() == 0);
  std::vector<std::thread> producers;
  for (int p = 0; p < 4; ++p)
    producers.emplace_back([&log, p] {
      for (int i = 0; i < 500; ++i)
        if (!log.put(std::to_string(p) + ":" + std::to_string(i))) return;
    });
  for (auto& each : producers) each.join();
  CHECK(log.wait_durable(log.ring.head(), 10'000'000'000));
  CHECK(log.durable.load_acquire() == log.ring.head());
  CHECK(log.wait_durable(log.ring.head() + 1, 1).error().code() == mr::errc::out_of_range);
  CHECK(log.close());
  CHECK(log.close());
  CHECK(log.closings == 1);
  CHECK_FALSE(log.put("late"));
  REQUIRE(log.lines.size() == 2000);
  int next[4] = {};
  for (const std::string& line : log.lines) {
    const int p = line[0] - '0';
    CHECK(line == std::to_string(p) + ":" + std::to_string(next[p]++));
  }
}

TEST_CASE("a log worker waits out a full disk, and ends for good at any other error", "[log_worker]") {
  memory_log log({mr::store::sync_policy::every_group, 100, 1, 4096});
  log.disk_error = ENOSPC;
  REQUIRE(log.start() == 0);
  CHECK(log.put("one"));
  const auto full = log.wait_durable(log.ring.head(), 10'000'000'000);
  REQUIRE_FALSE(full);
  CHECK(full.error().code() == mr::errc::no_space);
  CHECK_FALSE(log.healthy());
  log.disk_error = 0;
  while (!log.healthy()) std::this_thread::yield();
  CHECK(log.wait_durable(log.ring.head(), 10'000'000'000));
  log.disk_error = EIO;
  while (log.healthy()) log.put("two");
  log.disk_error = 0;
  const auto broken = log.close();
  REQUIRE_FALSE(broken);
  CHECK(broken.error().code() == mr::errc::io);
  CHECK(log.lines.front() == "one");
  CHECK(log.dropped() > 0);
}
