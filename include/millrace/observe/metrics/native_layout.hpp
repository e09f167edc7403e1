#ifndef MILLRACE_OBSERVE_METRICS_NATIVE_LAYOUT_HPP
#define MILLRACE_OBSERVE_METRICS_NATIVE_LAYOUT_HPP

#include <millrace/core/result.hpp>
#include <millrace/observe/fwd.hpp>

#include <bit>
#include <cstdint>
#include <string>

namespace millrace {
inline namespace v0 {
namespace observe {

/// What a native histogram is made for.
struct native_options {
  /// How fine the buckets are: 2^schema for each factor of 2, from 0 to 8. 3 makes a bucket's ends 9 % apart.
  int schema = 3;
  /// Numbers up to this size count as zero; rounded down to a power of 2. The default is about a nanosecond.
  double least = 0x1p-30;
  /// The last bucket also takes what is greater; rounded up to a power of 2.
  double greatest = 0x1p34;
  /// Whether numbers below zero have buckets of their own; else they count as zero.
  bool both_signs = false;
};

/// Where the buckets of a native histogram lie. Bucket i, from 0 on, holds the numbers in (b^(first+i-1), b^(first+i)],
/// where b = 2^(2^-schema): Prometheus' numbering.
struct native_layout {
  int schema = 0;
  std::int32_t first = 0;     // the number of bucket 0
  std::uint32_t buckets = 0;  // of one sign; 0: no native histogram
  bool both_signs = false;
  double zero_threshold = 0;  // numbers up to this size are in the zero bucket

  std::uint32_t counts() const noexcept { return both_signs ? 2 * buckets : buckets; }
  explicit operator bool() const noexcept { return buckets != 0; }
  friend bool operator==(const native_layout&, const native_layout&) = default;

  static constexpr std::uint32_t most_buckets = 65'536;

  /// Errors: invalid_argument for a schema that is not from 0 to 8, ends that are not normal numbers above zero, or not
  /// in order; out_of_range for more than `most_buckets` buckets.
  template <class = void>
  static result<native_layout> make(const native_options& options) {
    if (options.schema < 0 || options.schema > 8)
      return error(errc::invalid_argument,
                   "a native histogram's schema is from 0 to 8, and not " + std::to_string(options.schema));
    const auto is_normal = [](double x) { return x >= 0x1p-1022 && x <= 0x1p1023; };
    if (!is_normal(options.least) || !is_normal(options.greatest) || !(options.least < options.greatest))
      return error(errc::invalid_argument,
                   "a native histogram's ends are normal numbers above zero, the least below the greatest");
    const auto octave = [](double x) {
      return static_cast<std::int32_t>(std::bit_cast<std::uint64_t>(x) >> 52) - 1023;
    };
    const auto is_power = [](double x) { return (std::bit_cast<std::uint64_t>(x) & 0x000f'ffff'ffff'ffffU) == 0; };
    const std::int32_t low = octave(options.least);
    const std::int32_t high = octave(options.greatest) + (is_power(options.greatest) ? 0 : 1);
    native_layout made;
    made.schema = options.schema;
    made.both_signs = options.both_signs;
    made.first = low * (std::int32_t{1} << options.schema) + 1;
    made.buckets = static_cast<std::uint32_t>(high - low) << options.schema;
    made.zero_threshold = std::bit_cast<double>(static_cast<std::uint64_t>(low + 1023) << 52);
    if (made.counts() > most_buckets)
      return error(errc::out_of_range, "a native histogram has " + std::to_string(made.counts()) + " buckets; " +
                                           std::to_string(most_buckets) + " at most, each 8 bytes in every thread");
    return made;
  }
};

}  // namespace observe
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_OBSERVE_METRICS_NATIVE_LAYOUT_HPP
