#ifndef MILLRACE_CORE_ID_HPP
#define MILLRACE_CORE_ID_HPP

#include <millrace/core/seed.hpp>
#include <millrace/core/timestamp.hpp>

#include <cstdint>
#include <string>

namespace millrace {
inline namespace v0 {

/// One run's identifier: UTC date, time and the low 32 of `random_bits`, as in `20250121_143022_a3f8b2c1`. Identifiers
/// sort by time. The same arguments give the same identifier.
inline std::string make_session_id(std::uint64_t unix_nanoseconds, std::uint64_t random_bits) {
  const calendar_time at = to_calendar(unix_nanoseconds);
  std::string id(24, '_');
  char* out = id.data();
  out = detail::write_digits(out, static_cast<unsigned>(at.year), 4);
  out = detail::write_digits(out, at.month, 2);
  out = detail::write_digits(out, at.day, 2) + 1;
  out = detail::write_digits(out, at.hour, 2);
  out = detail::write_digits(out, at.minute, 2);
  out = detail::write_digits(out, at.second, 2) + 1;
  for (int shift = 28; shift >= 0; shift -= 4) *out++ = "0123456789abcdef"[(random_bits >> shift) & 15U];
  return id;
}

/// An identifier for a run that starts now, its bits from the system's entropy.
inline std::string make_session_id() { return make_session_id(unix_nanoseconds(), entropy_seed()); }

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CORE_ID_HPP
