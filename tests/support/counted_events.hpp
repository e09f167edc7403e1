#ifndef MILLRACE_TESTS_SUPPORT_COUNTED_EVENTS_HPP
#define MILLRACE_TESTS_SUPPORT_COUNTED_EVENTS_HPP

// Events that are numbers, a state that counts each of them, and a storage whose transactions fail now and then.

#include <millrace/core/saved/envelope.hpp>
#include <millrace/core/seed.hpp>
#include <millrace/store/memory_storage.hpp>
#include <millrace/store/messages/message.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace support {

/// How often each event was used.
struct counted_events {
  std::map<std::uint64_t, std::uint64_t> counts;

  millrace::result<void> update(const millrace::store::message& one) {
    std::uint64_t event = 0;
    for (const char each : one.value) {
      if (each < '0' || each > '9') return millrace::error(millrace::errc::invalid_data, "no event: " + one.value);
      event = event * 10 + static_cast<std::uint64_t>(each - '0');
    }
    ++counts[event];
    return {};
  }
  void merge(const counted_events& other) {
    for (const auto& [event, count] : other.counts) counts[event] += count;
  }
  std::vector<std::byte> save() const {
    millrace::envelope_writer to("counted_events");
    to.u64(counts.size());
    for (const auto& [event, count] : counts) {
      to.u64(event);
      to.u64(count);
    }
    return std::move(to).finish();
  }
  static millrace::result<counted_events> load(std::span<const std::byte> bytes) {
    auto from = millrace::envelope_reader::open(bytes, "counted_events");
    if (!from) return std::move(from).error();
    counted_events made;
    for (auto left = from->count(16); left > 0; --left) {
      const std::uint64_t event = from->u64();
      made.counts[event] = from->u64();
    }
    if (auto done = from->finish(true); !done) return std::move(done).error();
    return made;
  }

  /// What is wrong, if it was not each of `count` events once.
  std::string fault(std::uint64_t count) const {
    for (const auto& [event, times] : counts)
      if (times != 1) return "event " + std::to_string(event) + " was used " + std::to_string(times) + " times";
    if (counts.size() != count) return std::to_string(counts.size()) + " of " + std::to_string(count) + " events";
    if (count > 0 && counts.rbegin()->first != count - 1) return "an event that was not sent";
    return {};
  }
};

/// A storage in memory whose reads and transactions fail as often as it is told, these before or after they did all
/// that they do, which is undone then.
class shaky_storage {
 public:
  using transaction = millrace::store::memory_storage::transaction;
  using snapshot = millrace::store::memory_storage::snapshot;

  explicit shaky_storage(std::uint64_t seed) : random_(seed) {}
  double fails = 0;

  millrace::result<std::vector<std::byte>> read(std::string_view key) const {
    if (is_down()) return failure();
    return under_.read(key);
  }
  millrace::result<millrace::store::stored_bytes> read_versioned(std::string_view key) const {
    return under_.read_versioned(key);
  }
  millrace::result<millrace::store::storage_entry> examine(std::string_view key) const { return under_.examine(key); }
  millrace::result<std::vector<millrace::store::storage_entry>> list(std::string_view prefix, std::string_view after,
                                                                     std::size_t limit) const {
    return under_.list(prefix, after, limit);
  }
  millrace::result<void> write(std::string_view key, std::span<const std::byte> bytes) {
    return under_.write(key, bytes);
  }
  millrace::result<std::string> write_if(std::string_view key, std::span<const std::byte> bytes,
                                         std::string_view version) {
    return under_.write_if(key, bytes, version);
  }
  millrace::result<void> remove(std::string_view key) { return under_.remove(key); }
  template <class Use>
  auto transact(Use&& use) -> decltype(use(std::declval<transaction&>())) {
    if (is_down()) return failure();
    const bool late = is_down();
    return under_.transact([&](transaction& t) -> decltype(use(t)) {
      auto done = use(t);
      if (late && done) return failure();
      return done;
    });
  }
  template <class Use>
  auto look(Use&& use) const -> decltype(use(std::declval<const snapshot&>())) {
    return under_.look(use);
  }

 private:
  static millrace::error failure() { return millrace::error(millrace::errc::io, "the storage is down"); }
  bool is_down() const { return fails > 0 && random_.uniform() < fails; }

  mutable millrace::random_engine random_;
  millrace::store::memory_storage under_;
};

}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_COUNTED_EVENTS_HPP
