#ifndef MILLRACE_AGGREGATE_SKETCHES_THETA_HPP
#define MILLRACE_AGGREGATE_SKETCHES_THETA_HPP

#include <millrace/aggregate/sketches/detail/hash_set.hpp>
#include <millrace/aggregate/sketches/detail/murmur3.hpp>
#include <millrace/core/detail/math.hpp>
#include <millrace/core/detail/swap_members.hpp>
#include <millrace/core/result.hpp>
#include <millrace/core/saved/detail/image.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace detail::theta_image {

// Apache DataSketches' compact image. Fields are one byte long unless a number of bytes stands behind them: length of
// the preamble in units of 8 bytes, version, family, 0 (2), flags, hash of the seed (2); for two hashes and more their
// number (4) and 0 (4); if hashes were left out the threshold (8); then the hashes (8 each). Version 4 packs them: in
// the place of the first zeros stand the bits of a difference and the bytes of the number of hashes; then come the
// threshold if hashes were left out, that number, and the differences of ascending hashes, each from its highest bit.
inline constexpr std::uint8_t plain_version = 3;
inline constexpr std::uint8_t packed_version = 4;
inline constexpr std::uint8_t family_id = 3;
inline constexpr std::uint8_t is_read_only = 2;
inline constexpr std::uint8_t is_empty = 4;
inline constexpr std::uint8_t is_compact = 8;
inline constexpr std::uint8_t is_ordered = 16;

}  // namespace detail::theta_image

/// How many different items a stream has, with unions, intersections and differences of such streams: the theta sketch.
///
/// It keeps the items' hashes below a threshold, theta. Whenever more than 15/16 2^(LgK + 1) hashes are kept, the
/// threshold falls so that the 2^LgK least are left. Items are whole numbers (7 is one item whatever its type),
/// floating-point numbers (+0 and -0 are one item, and so are all NaN) and text (empty text is left out).
///
/// Guarantee: exact up to 15/16 2^(LgK + 1) different items; beyond, the estimate's standard deviation is
/// `relative_error()`, 1.6 % at most for a stream or a union at LgK = 12. The error of an intersection or a difference
/// is relative to the union: it is small for one that holds much of the union. Order and repetition make no difference.
/// Complexity: update O(1) amortised, set operations O(hashes kept). Memory: 32 2^LgK bytes at most, 128 KB for 2^12.
/// Allocates: as it grows, and when the threshold falls.
/// Threads: one at a time.
/// Source: Dasgupta, Lang, Rhodes, Thaler, "A framework for estimating stream expression cardinalities", ICDT 2016.
/// Bytes: the ordered compact image of Apache DataSketches' theta sketch, the same as its C++ and Python write after
/// the same updates. An empty one differs in Java and Go, which leave the seed's hash 0; theirs is read too.
template <unsigned LgK = 12>
class theta {
  static_assert(LgK >= 5 && LgK <= 26, "millrace[SKETCH-7]: theta<LgK>: LgK must be in [5, 26]");

 public:
  static constexpr bool idempotent = true;

  theta() noexcept = default;
  theta(const theta&) = default;
  theta& operator=(const theta&) = default;
  /// The sketch moved from is as newly made.
  theta(theta&& other) noexcept : theta() { swap(other); }
  theta& operator=(theta&& other) noexcept {
    theta taken(std::move(other));
    swap(taken);
    return *this;
  }
  ~theta() = default;

  /// Takes an item, or many from a vector or a span.
  template <class Items>
  requires(detail::takes_items<Items>)
  void update(const Items& items) {
    if constexpr (detail::row_of_items<Items>) {
      for (const auto& item : items) update(item);
    } else if (!detail::is_no_item(items)) {
      empty_ = false;
      offer(detail::hash_item(items).low >> 1);
    }
  }
  /// millrace[SKETCH-14]: an argument that is no item; the error names the template parameter, which says what to do.
  template <class millrace_SKETCH_14_items_are_numbers_or_text_of_others_give_a_key>
  requires(!detail::takes_items<millrace_SKETCH_14_items_are_numbers_or_text_of_others_give_a_key>)
  void update(const millrace_SKETCH_14_items_are_numbers_or_text_of_others_give_a_key&) = delete;

  /// Union: the items of this sketch or the other.
  void merge(const theta& other) {
    if (other.empty_) return;
    if (&other == this) return;
    empty_ = false;
    if (other.threshold_ < threshold_) {
      threshold_ = other.threshold_;
      hashes_.keep_if([this](std::uint64_t hash) { return hash < threshold_; });
    }
    other.hashes_.for_each([this](std::uint64_t hash) { offer(hash); });
  }
  /// Intersection: the items that both sketches have.
  void intersect(const theta& other) {
    if (empty_ || other.empty_) {
      *this = theta();
      return;
    }
    keep(other, true);
  }
  /// Difference: the items of this sketch that the other does not have.
  void subtract(const theta& other) {
    if (!empty_ && !other.empty_) keep(other, false);
  }
  /// Keeps only the 2^LgK least hashes, if there are more, as DataSketches does with a union before it is saved.
  void trim() {
    if (hashes_.size() > nominal) shrink();
  }

  /// Is it known to hold no item? The estimate of an intersection may be 0 without that.
  bool empty() const noexcept { return empty_; }
  /// Are the hashes of all items kept, so that the estimate is exact?
  bool exact() const noexcept { return threshold_ == all; }
  std::size_t retained() const noexcept { return hashes_.size(); }
  /// The threshold as a fraction of all hashes: the share of items whose hashes are kept.
  double fraction() const noexcept { return static_cast<double>(threshold_) / static_cast<double>(all); }

  /// The estimate of how many different items there were: hashes are uniform, so the number kept divided by `fraction`.
  double estimate() const noexcept { return static_cast<double>(hashes_.size()) / fraction(); }
  /// The estimate's standard deviation as a fraction of it; 0 while it is exact, and if no hash is kept. With f the
  /// fraction and n items, the number kept is binomial, of mean n f and variance n f (1 - f), and n f is near that
  /// number.
  double relative_error() const noexcept {
    return exact() || hashes_.size() == 0 ? 0.0
                                          : detail::math::sqrt((1 - fraction()) / static_cast<double>(hashes_.size()));
  }
  struct bounds_type {
    double lower;
    double upper;
  };
  /// Bounds on the number of items: 95 % confidence for 2 `deviations`, 99.7 % for 3.
  ///
  /// The bounds are the n for which the number kept, k, is z = `deviations` standard deviations off its mean:
  /// (k - n f)^2 = z^2 n f (1 - f). With m = n f and u = z^2 (1 - f) that is m^2 - (2 k + u) m + k^2 = 0, so
  /// m = (k + u / 2) -+ sqrt(u (k + u / 4)), and n = m / f.
  /// Source: Wilson's interval (1927), solved for the number of trials.
  bounds_type bounds(double deviations = 2) const noexcept {
    const auto kept = static_cast<double>(hashes_.size());
    if (exact()) return {kept, kept};
    const double middle = kept + deviations * deviations * (1 - fraction()) / 2;
    const double half =
        deviations * detail::math::sqrt((1 - fraction()) * (kept + deviations * deviations * (1 - fraction()) / 4));
    const double lower = (middle - half) / fraction();
    return {lower < kept ? kept : lower, (middle + half) / fraction()};
  }

  std::vector<std::byte> save() const;
  /// Reads compact images, plain and packed. Of an image with more hashes than fit, the least are kept.
  /// Allocates: no more than a few times the bytes given.
  /// Errors: truncated, unsupported, corrupt, type_mismatch, each naming what is wrong.
  static result<theta> load(std::span<const std::byte> bytes);

 private:
  void swap(theta& other) noexcept {
    detail::swap_members(*this, other, &theta::hashes_, &theta::threshold_, &theta::empty_);
  }
  static constexpr std::uint64_t all = ~std::uint64_t{0} >> 1;  // a threshold above every hash
  static constexpr std::uint32_t nominal = std::uint32_t{1} << LgK;
  static constexpr std::uint32_t most = nominal / 8 * 15;  // 15/16 of a table of twice the nominal size

  void offer(std::uint64_t hash) {
    if (hash >= threshold_ || hash == 0) return;
    if (hashes_.insert(hash) && hashes_.size() > most) shrink();
  }
  /// Lowers the threshold so that the `nominal` least hashes are left.
  [[gnu::noinline]] void shrink() {
    std::vector<std::uint64_t> kept;
    kept.reserve(hashes_.size());
    hashes_.for_each([&kept](std::uint64_t hash) { kept.push_back(hash); });
    threshold_ = detail::nth_smallest(kept, nominal);
    hashes_.keep_if([this](std::uint64_t hash) { return hash < threshold_; });
  }
  /// Keeps the hashes that the other sketch has as well, if `common`, else those that it does not have.
  void keep(const theta& other, bool common) {
    if (&other == this) {
      if (!common) hashes_.clear();
      if (hashes_.size() == 0 && exact()) empty_ = true;
      return;
    }
    if (other.threshold_ < threshold_) threshold_ = other.threshold_;
    hashes_.keep_if([&](std::uint64_t hash) { return hash < threshold_ && other.hashes_.contains(hash) == common; });
    if (hashes_.size() == 0 && exact()) empty_ = true;
  }

  /// What an image says before its hashes.
  struct image_head {
    bool none = false;
    bool packed = false;
    bool ordered = false;
    unsigned width = 0;  // of a packed difference, in bits
    std::uint64_t count = 0;
    std::uint64_t threshold = all;
  };
  static result<void> read_head(detail::image_reader& in, image_head& head);
  result<void> read_hashes(detail::image_reader& in, const image_head& head);

  detail::hash_set hashes_;
  std::uint64_t threshold_ = all;
  bool empty_ = true;
};

template <unsigned LgK>
std::vector<std::byte> theta<LgK>::save() const {
  using namespace detail::theta_image;
  const std::vector<std::uint64_t> sorted = hashes_.sorted();
  const bool sample = !exact();
  const bool short_form = empty_ || (sorted.size() == 1 && !sample);
  detail::image_writer out(24 + 8 * sorted.size());
  out.put(static_cast<std::uint8_t>(short_form ? 1 : sample ? 3 : 2)).put(plain_version).put(family_id);
  out.put(std::uint16_t{0});
  out.put(static_cast<std::uint8_t>(is_read_only | is_compact | is_ordered | (empty_ ? is_empty : 0)));
  out.put(detail::seed_hash());
  if (!short_form) out.put(static_cast<std::uint32_t>(sorted.size())).put(std::uint32_t{0});
  if (!short_form && sample) out.put(threshold_);
  out.put_array(sorted.data(), sorted.size());
  return std::move(out).take();
}

namespace detail::theta_image {

/// The number in the next `width` bits, the highest first; `bit` moves on behind them.
inline std::uint64_t read_bits(std::span<const std::byte> from, std::uint64_t& bit, unsigned width) noexcept {
  std::uint64_t number = 0;
  for (const std::uint64_t end = bit + width; bit < end; ++bit)
    number = number << 1 | (std::to_integer<std::uint64_t>(from[bit / 8]) >> (7 - bit % 8) & 1);
  return number;
}

}  // namespace detail::theta_image

/// The image's first eight bytes, what follows of the head, and how long the hashes are behind it.
template <unsigned LgK>
result<void> theta<LgK>::read_head(detail::image_reader& in, image_head& head) {
  using namespace detail::theta_image;
  const detail::image_start start = in.take_start();
  head.width = in.take<std::uint8_t>();
  const unsigned count_bytes = in.take<std::uint8_t>();
  const auto flags = in.take<std::uint8_t>();
  const auto seed = in.take<std::uint16_t>();
  if (auto known = in.recognize(start, family_id, plain_version, packed_version); !known) return known;
  if ((flags & is_compact) == 0) return in.fault(errc::unsupported, "it is not a compact one");
  head.packed = start.version == packed_version;
  head.ordered = head.packed || (flags & is_ordered) != 0;
  head.none = (flags & is_empty) != 0;
  if (start.preamble < 1 || start.preamble > 3 || (head.none && start.preamble != 1))
    return in.corrupt("the preamble's length");
  if (!head.none && seed != detail::seed_hash()) return in.fault(errc::unsupported, "its hashes are of another seed");
  head.count = head.none ? 0 : 1;
  if (head.packed) {
    if (head.width < 1 || head.width > 63 || count_bytes > 4) return in.corrupt("widths of packed hashes");
    if (start.preamble > 1) head.threshold = in.take<std::uint64_t>();
    head.count = 0;
    for (unsigned i = 0; i < count_bytes; ++i) head.count |= std::uint64_t{in.take<std::uint8_t>()} << (8 * i);
  } else if (start.preamble > 1) {
    head.count = in.take<std::uint32_t>();
    in.skip(4);
    if (start.preamble > 2) head.threshold = in.take<std::uint64_t>();
  }
  if (!in.ok()) return in.truncated();
  if (head.none && head.count != 0) return in.corrupt("hashes of an empty one");
  if (head.threshold == 0 || head.threshold > all) return in.corrupt("theta");
  const std::uint64_t length = head.packed ? (head.count * head.width + 7) / 8 : head.count * 8;
  if (in.rest().size() < length) return in.truncated();
  if (in.rest().size() > length) return in.too_long();
  return {};
}

/// The hashes; thinned out as they come where there are more than fit.
template <unsigned LgK>
result<void> theta<LgK>::read_hashes(detail::image_reader& in, const image_head& head) {
  const std::span<const std::byte> body = in.rest();
  std::uint64_t bit = 0;
  std::uint64_t last = 0;
  for (std::uint64_t i = 0; i < head.count; ++i) {
    const std::uint64_t hash =
        head.packed ? last + detail::theta_image::read_bits(body, bit, head.width) : in.take<std::uint64_t>();
    if (hash == 0 || hash >= head.threshold) return in.corrupt("a hash that is not below theta");
    if (head.ordered && hash <= last) return in.corrupt("hashes out of order");
    last = hash;
    if (hash >= threshold_) continue;  // the threshold has fallen since, as there were more hashes than fit
    if (!hashes_.insert(hash)) return in.corrupt("a hash twice");
    if (hashes_.size() > most) shrink();
  }
  return {};
}

template <unsigned LgK>
result<theta<LgK>> theta<LgK>::load(std::span<const std::byte> bytes) {
  detail::image_reader in(bytes, "theta");
  image_head head;
  if (auto done = read_head(in, head); !done) return std::move(done).error();
  theta loaded;
  loaded.empty_ = head.none;
  loaded.threshold_ = head.threshold;
  if (auto done = loaded.read_hashes(in, head); !done) return std::move(done).error();
  return loaded;
}

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_SKETCHES_THETA_HPP
