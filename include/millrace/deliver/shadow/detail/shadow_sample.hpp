#ifndef MILLRACE_DELIVER_SHADOW_DETAIL_SHADOW_SAMPLE_HPP
#define MILLRACE_DELIVER_SHADOW_DETAIL_SHADOW_SAMPLE_HPP

#include <millrace/core/detail/light_atomic.hpp>
#include <millrace/deliver/shadow/shadow_options.hpp>
#include <millrace/deliver/split/unit_hash.hpp>

#include <cstdint>
#include <utility>

namespace millrace {
inline namespace v0 {
namespace deliver {
namespace detail {

/// Which requests a shadow copies: by the point of a unit, or of the request's own number. Any number of threads.
class shadow_sample {
 public:
  explicit shadow_sample(shadow_options options) : options_(std::move(options)), salt_(options_.salt) {}

  const shadow_options& options() const noexcept { return options_; }
  bool takes_all() const noexcept { return options_.share >= 1; }
  bool takes_unit(std::uint64_t hash) const noexcept { return unit_point(hash) < options_.share; }
  const salt& by() const noexcept { return salt_; }
  /// Whether the next call's requests, so many, are copied; counts them if not.
  bool takes(std::uint64_t requests) noexcept {
    if (takes_all()) [[likely]]
      return true;
    if (takes_unit(unit_hash(salt_, draws_.add_relaxed(1)))) return true;
    leave_out(requests);
    return false;
  }
  void leave_out(std::uint64_t requests) noexcept { left_out_.add_relaxed(requests); }
  std::uint64_t left_out() const noexcept { return left_out_.load_relaxed(); }

 private:
  const shadow_options options_;
  salt salt_;
  light_atomic<std::uint64_t> draws_{0};
  light_atomic<std::uint64_t> left_out_{0};
};

}  // namespace detail
}  // namespace deliver
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_DELIVER_SHADOW_DETAIL_SHADOW_SAMPLE_HPP
