#ifndef MILLRACE_TESTS_SUPPORT_FAULTY_STORAGE_HPP
#define MILLRACE_TESTS_SUPPORT_FAULTY_STORAGE_HPP

#include <millrace/store/memory_storage.hpp>

#include <atomic>
#include <cstddef>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

namespace support {

/// A storage in memory whose calls fail while `fails` is set, and which tells when it has read.
struct faulty_storage {
  millrace::store::memory_storage under{};
  std::atomic<bool> fails{false};
  mutable std::atomic<int> reads{0};
  std::function<void()> after_read{};

  static millrace::error failure() { return millrace::error(millrace::errc::io, "the storage is down"); }

  millrace::result<std::vector<std::byte>> read(std::string_view key) const {
    ++reads;
    if (fails) return failure();
    auto got = under.read(key);
    if (const auto told = after_read) told();
    return got;
  }
  millrace::result<millrace::store::storage_entry> examine(std::string_view key) const {
    if (fails) return failure();
    return under.examine(key);
  }
  millrace::result<void> write(std::string_view key, std::span<const std::byte> bytes) {
    if (fails) return failure();
    return under.write(key, bytes);
  }
  millrace::result<void> remove(std::string_view key) {
    if (fails) return failure();
    return under.remove(key);
  }
  millrace::result<std::vector<millrace::store::storage_entry>> list(std::string_view prefix, std::string_view after,
                                                                     std::size_t limit) const {
    if (fails) return failure();
    return under.list(prefix, after, limit);
  }
};

}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_FAULTY_STORAGE_HPP
