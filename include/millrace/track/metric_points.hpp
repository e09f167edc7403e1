#ifndef MILLRACE_TRACK_METRIC_POINTS_HPP
#define MILLRACE_TRACK_METRIC_POINTS_HPP

#include <millrace/core/result.hpp>
#include <millrace/core/saved/envelope.hpp>
#include <millrace/track/records.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace track {

// A chunk of a metric's points, as a tracker keeps them: an envelope (core/saved/envelope.hpp: a checksum, and the name
// `metric_points<1>`, whose number is the format's) around
//
//   u32                count: 1 to 1,024
//   count varints      steps
//   count varints      times, milliseconds since 1970
//   count x f64        values, bit by bit
//
// The first step and the first time are themselves, each later one is its difference from the one before, modulo 2^64.
// As a varint a number n is written in groups of seven bits, the lowest first, bit 7 set in all bytes but the last;
// first 2n is taken for n >= 0 and -2n - 1 for n < 0, so that numbers near zero are short. Points logged one after the
// other take ten or eleven bytes.

/// The most points of a chunk.
inline constexpr std::size_t max_chunk = 1024;

namespace detail {

inline constexpr std::string_view points_type = "metric_points<1>";

inline void put_varint(envelope_writer& to, std::uint64_t number) {
  std::uint64_t left = number << 1 ^ (0 - (number >> 63));
  for (; left >= 0x80; left >>= 7) to.u8(static_cast<std::uint8_t>(left | 0x80));
  to.u8(static_cast<std::uint8_t>(left));
}
/// False: the bytes are no varint.
inline bool get_varint(envelope_reader& from, std::uint64_t& number) {
  std::uint64_t coded = 0;
  for (unsigned shift = 0; shift < 70; shift += 7) {
    const std::uint8_t byte = from.u8();
    if (shift == 63 && byte > 1) return false;
    coded |= std::uint64_t{byte & 0x7fU} << shift;
    if (byte >= 0x80) continue;
    number = coded >> 1 ^ (0 - (coded & 1));
    return byte != 0 || shift == 0;  // no longer than it must be: each chunk has one spelling
  }
  return false;
}

}  // namespace detail

/// The bytes of a chunk. Precondition: 1 to max_chunk points. Allocates: them.
inline std::vector<std::byte> save_points(std::span<const metric_point> points) {
  envelope_writer to(detail::points_type);
  to.u32(static_cast<std::uint32_t>(points.size()));
  std::uint64_t before = 0;
  for (const metric_point& each : points) {
    detail::put_varint(to, static_cast<std::uint64_t>(each.step) - before);
    before = static_cast<std::uint64_t>(each.step);
  }
  before = 0;
  for (const metric_point& each : points) {
    detail::put_varint(to, static_cast<std::uint64_t>(each.time) - before);
    before = static_cast<std::uint64_t>(each.time);
  }
  for (const metric_point& each : points) to.f64(each.value);
  return std::move(to).finish();
}

/// Reads such bytes. Allocates: the points, at most max_chunk whatever the bytes claim.
/// Errors: those of an envelope; corrupt: what is in it is no chunk.
inline result<std::vector<metric_point>> load_points(std::span<const std::byte> bytes) {
  auto from = envelope_reader::open(bytes, detail::points_type);
  if (!from) return std::move(from).error();
  const std::uint32_t count = from->u32();
  if (count == 0 || count > max_chunk)
    return error(errc::corrupt, "a chunk of metric points claims " + std::to_string(count) + ", not 1 to 1024");
  std::vector<metric_point> points(count);
  const auto varints = [&](std::int64_t metric_point::* member) {
    std::uint64_t now = 0;
    for (metric_point& each : points) {
      std::uint64_t step = 0;
      if (!detail::get_varint(*from, step)) return false;
      now += step;
      each.*member = static_cast<std::int64_t>(now);
    }
    return true;
  };
  const bool fine = varints(&metric_point::step) && varints(&metric_point::time);
  if (fine)
    for (metric_point& each : points) each.value = from->f64();
  if (auto done = from->finish(fine); !done) return std::move(done).error();
  return points;
}

}  // namespace track
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TRACK_METRIC_POINTS_HPP
