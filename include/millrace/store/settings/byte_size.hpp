#ifndef MILLRACE_STORE_SETTINGS_BYTE_SIZE_HPP
#define MILLRACE_STORE_SETTINGS_BYTE_SIZE_HPP

#include <millrace/store/fwd.hpp>

#include <compare>
#include <cstdint>

namespace millrace {
inline namespace v0 {
namespace store {

/// A number of bytes, which settings write with its unit: `64KiB`, `1.5GB`, `512`. Units of 1000: kB (or KB), MB, GB,
/// TB; of 1024: KiB, MiB, GiB, TiB.
struct byte_size {
  std::uint64_t bytes = 0;

  friend constexpr auto operator<=>(const byte_size&, const byte_size&) noexcept = default;
};

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_SETTINGS_BYTE_SIZE_HPP
