#ifndef MILLRACE_OBSERVE_HEALTH_STORAGE_CHECK_HPP
#define MILLRACE_OBSERVE_HEALTH_STORAGE_CHECK_HPP

#include <millrace/core/clock.hpp>
#include <millrace/core/duration.hpp>
#include <millrace/core/id.hpp>
#include <millrace/observe/health/health_result.hpp>
#include <millrace/store/storage.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace observe {

/// Checks that a storage keeps what it is given: writes an object, reads it back, compares, and removes it. The key is
/// one of its own, so that several processes can check one storage. It refers to the storage.
/// Measures: round_trip (seconds).
template <store::storage Storage>
class storage_check {
 public:
  /// The object's key begins with `prefix`. A round trip longer than `degraded_after` is degraded; 0: any is fine.
  storage_check(std::string name, Storage& storage, duration degraded_after = {}, std::string_view prefix = "health/")
      : name_(std::move(name)),
        storage_(&storage),
        degraded_after_(degraded_after),
        key_(std::string(prefix) + make_session_id()) {}
  storage_check(std::string name, Storage&& storage, duration = {}, std::string_view = {})
      : storage_check(std::move(name), storage) {
    static_cast<void>(sizeof(store::temporary_storage<Storage>));
  }
  const std::string& name() const noexcept { return name_; }

  health_result examine() {
    const std::uint64_t began = steady_clock().ticks();
    const std::string text = key_ + " " + std::to_string(++round_);
    const auto bytes = std::as_bytes(std::span(text.data(), text.size()));
    if (auto written = storage_->write(key_, bytes); !written) return failed("write", written.error());
    const auto read = std::as_const(*storage_).read(key_);
    const auto removed = storage_->remove(key_);  // whatever was read, nothing is left behind
    if (!read) return failed("read", read.error());
    if (read->size() != bytes.size() || std::memcmp(read->data(), bytes.data(), bytes.size()) != 0)
      return {health_status::unhealthy, "the storage gives back other bytes than it was given"};
    if (!removed) return failed("remove", removed.error());
    health_result found;
    const double took = static_cast<double>(steady_clock().ticks() - began) / 1e9;
    found.measured = {{"round_trip", took, "seconds"}};
    if (degraded_after_.nanoseconds > 0 && took > degraded_after_.seconds())
      found.worsen(health_status::degraded, "the storage is slow");
    return found;
  }

 private:
  static health_result failed(std::string_view action, const error& why) {
    return {health_status::unhealthy, "the storage does not " + std::string(action) + ": " + why.describe()};
  }

  std::string name_;
  Storage* storage_;
  duration degraded_after_;
  std::string key_;
  std::uint64_t round_ = 0;
};

}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_HEALTH_STORAGE_CHECK_HPP
