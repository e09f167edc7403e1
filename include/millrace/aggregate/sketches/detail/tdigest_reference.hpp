#ifndef MILLRACE_AGGREGATE_SKETCHES_DETAIL_TDIGEST_REFERENCE_HPP
#define MILLRACE_AGGREGATE_SKETCHES_DETAIL_TDIGEST_REFERENCE_HPP

#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/saved/detail/image.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace detail {

/// The contents of an image of the t-digest's reference implementation. Numbers in it have their highest byte first.
///
/// Two Java classes, MergingDigest and AVLTreeDigest, write such images. Both begin with the encoding, 1 for verbose or
/// 2 for brief (4 bytes), min and max (8 each); what follows differs, and only its length tells which class wrote it:
///
///     MergingDigest, verbose   K (8), number of centroids (4), then weight (8) and mean (8) of each
///     MergingDigest, brief     K (4), capacities (4), number of centroids (2), then weight (4) and mean (4) of each
///     AVLTreeDigest, verbose   K (8), number of centroids (4), all means (8 each), all weights (4 each, integers)
///     AVLTreeDigest, brief     K (8), number of centroids (4), all means (4 each, floats that are the difference from
///                              the mean before), all weights (integers of seven bits a byte, the lowest first)
///
/// Source: github.com/tdunning/t-digest 3.3, `asBytes` and `asSmallBytes` of both classes.
template <class Digest>
struct reference_tdigest {
  struct centroid {
    double mean;
    double weight;  // a whole number, at least 1
  };
  double k = 0;
  double low = 0;
  double high = 0;
  std::vector<centroid> centroids;  // by mean

  /// Allocates: a few times the bytes given.
  /// Errors: truncated, unsupported, corrupt.
  static result<reference_tdigest> read(std::span<const std::byte> bytes);

 private:
  static double by_seven_bits(image_reader& in) noexcept {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 35; shift += 7) {
      const auto byte = in.take<std::uint8_t>();
      value |= std::uint64_t{byte & 0x7fU} << shift;
      if (byte < 0x80) break;
    }
    return static_cast<double>(value);
  }
  void read_pairs(image_reader& in, bool brief) {
    for (centroid& c : centroids) {
      c.weight = brief ? in.take_big<float>() : in.take_big<double>();
      c.mean = brief ? in.take_big<float>() : in.take_big<double>();
    }
  }
  void read_columns(image_reader& in, bool brief) {
    double before = 0;
    for (centroid& c : centroids) before = c.mean = brief ? before + in.take_big<float>() : in.take_big<double>();
    for (centroid& c : centroids) c.weight = brief ? by_seven_bits(in) : in.take_big<std::uint32_t>();
  }
  /// What is wrong with the centroids, or null. In a brief image the means, as floats, may lie beyond the extremes by
  /// their rounding.
  const char* wrong(bool brief) const noexcept {
    if (centroids.empty()) return low <= high ? "extremes of nothing" : nullptr;
    if (low > high) return "the extremes are out of order";
    const double widest = math::absolute(low) > math::absolute(high) ? low : high;
    const double slack = brief ? 1e-5 * math::absolute(widest) : 0;
    for (std::size_t i = 0; i < centroids.size(); ++i) {
      const centroid& c = centroids[i];
      if (c.mean < low - slack || c.mean > high + slack || c.mean != c.mean) return "a centroid outside the extremes";
      if (!(c.weight >= 1) || c.weight != math::floor(c.weight)) return "a centroid's weight";
      if (i > 0 && c.mean < centroids[i - 1].mean) return "the centroids are not sorted";
    }
    return nullptr;
  }
};

template <class Digest>
result<reference_tdigest<Digest>> reference_tdigest<Digest>::read(std::span<const std::byte> bytes) {
  image_reader in(bytes, "t-digest");
  reference_tdigest made;
  const auto encoding = in.take_big<std::uint32_t>();
  made.low = in.take_big<double>();
  made.high = in.take_big<double>();
  if (!in.ok()) return in.truncated();
  if (encoding != 1 && encoding != 2)
    return in.fault(errc::unsupported, "unknown encoding of the reference implementation");
  const bool brief = encoding == 2;

  image_reader pairs = in;
  made.k = brief ? pairs.take_big<float>() : pairs.take_big<double>();
  if (brief) pairs.skip(4);
  std::uint64_t count = brief ? pairs.take_big<std::uint16_t>() : pairs.take_big<std::uint32_t>();
  const bool in_pairs = pairs.ok() && pairs.rest().size() == count * (brief ? 8 : 16);
  if (in_pairs) {
    in = pairs;
  } else {
    made.k = in.take_big<double>();
    count = in.take_big<std::uint32_t>();
    if (!in.ok() || in.rest().size() < count * (brief ? 5 : 12)) return in.truncated();
  }
  if (!(made.k >= 1 && made.k <= 65535)) return in.corrupt("k is not in [1, 65535]");
  made.centroids.resize(static_cast<std::size_t>(count));
  if (in_pairs)
    made.read_pairs(in, brief);
  else
    made.read_columns(in, brief);
  if (!in.ok()) return in.truncated();
  if (!in.rest().empty()) return in.too_long();
  if (const char* const what = made.wrong(brief); what != nullptr) return in.corrupt(what);
  return made;
}

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_SKETCHES_DETAIL_TDIGEST_REFERENCE_HPP
