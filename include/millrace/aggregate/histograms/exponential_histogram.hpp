#ifndef MILLRACE_AGGREGATE_HISTOGRAMS_EXPONENTIAL_HISTOGRAM_HPP
#define MILLRACE_AGGREGATE_HISTOGRAMS_EXPONENTIAL_HISTOGRAM_HPP

#include <millrace/aggregate/concepts.hpp>
#include <millrace/aggregate/histograms/detail/bucket_run.hpp>
#include <millrace/core/detail/math.hpp>
#include <millrace/core/detail/protobuf.hpp>
#include <millrace/core/detail/swap_members.hpp>
#include <millrace/core/saved/envelope.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {

/// The exponential histogram of OpenTelemetry. Its buckets lie between the powers of base = 2^(2^-scale); the scale
/// falls by itself as the range of the stream grows, so that `Most` buckets for each sign are enough.
///
/// Guarantee: bucket i holds the numbers in (base^i, base^(i+1)]; a bucket's end is exact where it is a power of two,
/// and else up to rounding. Counts and extremes are exact, the sum up to rounding. A merge has the coarser scale of the
/// two, or a coarser one still if the range needs it; any split of a stream merges to the same buckets. NaN and
/// infinities are left out; numbers closer to zero than 2^-1022 count as zero.
/// Complexity: update O(1), one logarithm. Memory: 8 bytes for each bucket between the least and the greatest used,
/// with room for as many more: at most 32 `Most` bytes.
/// Allocates: when the range grows.
/// Threads: one at a time; const calls from any number.
/// Source: OpenTelemetry metrics data model, "ExponentialHistogram"; opentelemetry-proto v1, metrics.proto.
template <unsigned Most = 160>
class exponential_histogram {
  static_assert(Most >= 2 && Most <= 65536,
                "millrace[AGGREGATE-9]: exponential_histogram<Most>: the buckets must be from 2 to 65536");

 public:
  using value_type = double;
  static constexpr int finest_scale = 20;
  static constexpr int coarsest_scale = -11;  // base 2^2048: one bucket up to 1, one above

  exponential_histogram() noexcept = default;
  exponential_histogram(const exponential_histogram&) = default;
  exponential_histogram& operator=(const exponential_histogram&) = default;
  /// The histogram moved from is as newly made.
  exponential_histogram(exponential_histogram&& other) noexcept : exponential_histogram() { swap(other); }
  exponential_histogram& operator=(exponential_histogram&& other) noexcept {
    exponential_histogram taken(std::move(other));
    swap(taken);
    return *this;
  }
  ~exponential_histogram() = default;

  void update(double x) {
    if (!(detail::math::absolute(x) <= (std::numeric_limits<double>::max)())) return;
    ++count_;
    sum_ += x;
    if (x < low_) low_ = x;
    if (x > high_) high_ = x;
    const double size = detail::math::absolute(x);
    if (size < least) {
      ++zeros_;
      return;
    }
    runs& to = x > 0 ? positive_ : negative_;
    std::int32_t bucket = bucket_of(size, scale_);
    if (!to.holds(bucket)) [[unlikely]] {
      const int fits = fitting(to, bucket, bucket);
      bucket >>= scale_ - fits;
      rescale(fits);
      to.cover(bucket, bucket);
    }
    to.add(bucket, 1);
  }
  void update(std::span<const double> items) {
    for (const double x : items) update(x);
  }

  /// Adds the items of another histogram, of any scale.
  void merge(const exponential_histogram& other) {
    if (other.count_ == 0) return;
    exponential_histogram from = other;
    from.rescale(scale_ < from.scale_ ? scale_ : from.scale_);
    rescale(from.scale_);
    for (const bool sign : {false, true}) {
      const runs& theirs = sign ? from.negative_ : from.positive_;
      if (!theirs.empty()) {
        const int fits = fitting(sign ? negative_ : positive_, theirs.first(), theirs.last());
        rescale(fits);
        from.rescale(fits);
      }
    }
    for (const bool sign : {false, true}) {
      const runs& theirs = sign ? from.negative_ : from.positive_;
      runs& ours = sign ? negative_ : positive_;
      if (theirs.empty()) continue;
      ours.cover(theirs.first(), theirs.last());
      for (std::int32_t b = theirs.first(); b <= theirs.last(); ++b) ours.add(b, theirs.at(b));
    }
    count_ += other.count_;
    zeros_ += other.zeros_;
    sum_ += other.sum_;
    if (other.low_ < low_) low_ = other.low_;
    if (other.high_ > high_) high_ = other.high_;
  }

  /// The present scale: the base of the buckets is 2^(2^-scale).
  int scale() const noexcept { return scale_; }
  std::uint64_t count() const noexcept { return count_; }
  bool empty() const noexcept { return count_ == 0; }
  double sum() const noexcept { return sum_; }
  /// NaN when empty; so are `max` and `quantile`.
  double(min)() const noexcept { return empty() ? none : low_; }
  double(max)() const noexcept { return empty() ? none : high_; }
  /// How many items were zero, or closer to it than 2^-1022.
  std::uint64_t zeros() const noexcept { return zeros_; }
  /// How many buckets are kept, of both signs.
  std::size_t buckets() const noexcept { return positive_.size() + negative_.size(); }
  /// How many items x lie in bucket i, (base^i, base^(i+1)]; `negative`: for how many -x does.
  std::uint64_t positive(std::int32_t i) const noexcept { return positive_.at(i); }
  std::uint64_t negative(std::int32_t i) const noexcept { return negative_.at(i); }

  /// The number of the bucket of x at a scale. Precondition: x is finite and a normal number above zero.
  static std::int32_t bucket_of(double x, int scale) noexcept {
    const auto bits = std::bit_cast<std::uint64_t>(x);
    const auto octave = static_cast<std::int32_t>(bits >> 52) - 1023;
    const std::uint64_t mantissa = bits & 0x000f'ffff'ffff'ffffU;
    const std::int32_t power_of_two = mantissa == 0 ? 1 : 0;  // the upper end of the bucket before
    if (scale <= 0) return (octave - power_of_two) >> -scale;
    const std::int32_t buckets = std::int32_t{1} << scale;
    if (power_of_two != 0) return octave * buckets - 1;
    const double within = detail::math::log2(std::bit_cast<double>(mantissa | 0x3ff0'0000'0000'0000U)) * buckets;
    auto part = static_cast<std::int32_t>(detail::math::ceil(within)) - 1;
    part = part < 0 ? 0 : part >= buckets ? buckets - 1 : part;
    return octave * buckets + part;
  }
  /// The lower end of bucket i at a scale, rounded to a double; 0 or infinity where it is beyond double's range.
  static double lower_bound(std::int64_t i, int scale) noexcept {
    if (scale <= 0) {
      const std::int64_t octave = i * (std::int64_t{1} << -scale);
      return octave > 1023 ? std::numeric_limits<double>::infinity()
                           : detail::math::ldexp(1.0, static_cast<int>(octave < -1080 ? -1080 : octave));
    }
    const std::int64_t octave = i >> scale;
    if (octave > 1023) return std::numeric_limits<double>::infinity();
    const auto part = static_cast<double>(i - octave * (std::int64_t{1} << scale));
    return detail::math::ldexp(detail::math::exp2(detail::math::ldexp(part, -scale)),
                               static_cast<int>(octave < -1080 ? -1080 : octave));
  }

  /// The middle of the bucket that holds the item of rank p, within the extremes; never falls as p grows. NaN
  /// unless p is in [0, 1], and when nothing was seen.
  double quantile(double p) const noexcept {
    if (empty() || !(p >= 0 && p <= 1)) return none;
    if (p == 0) return low_;
    if (p == 1) return high_;
    const double wanted = detail::math::ceil(p * static_cast<double>(count_));
    std::uint64_t seen = 0;
    for (std::size_t i = negative_.size(); i-- > 0;) {
      seen += negative_.data()[i];
      if (negative_.data()[i] != 0 && static_cast<double>(seen) >= wanted)
        return clamped(-middle(negative_.first() + static_cast<std::int64_t>(i)));
    }
    seen += zeros_;
    if (zeros_ != 0 && static_cast<double>(seen) >= wanted) return clamped(0);
    for (std::size_t i = 0; i < positive_.size(); ++i) {
      seen += positive_.data()[i];
      if (positive_.data()[i] != 0 && static_cast<double>(seen) >= wanted)
        return clamped(middle(positive_.first() + static_cast<std::int64_t>(i)));
    }
    return high_;
  }
  double median() const noexcept { return quantile(0.5); }
  /// The upper quartile minus the lower quartile.
  double interquartile_range() const noexcept { return quantile(0.75) - quantile(0.25); }

  /// The protobuf message `ExponentialHistogramDataPoint` of OTLP. The times are nanoseconds since 1970, and are left
  /// out if 0.
  std::vector<std::byte> to_otlp(std::uint64_t start_time = 0, std::uint64_t time = 0) const {
    detail::protobuf_writer made;
    if (start_time != 0) made.fixed64(2, start_time);
    if (time != 0) made.fixed64(3, time);
    if (count_ != 0) made.fixed64(4, count_);
    made.f64(5, sum_);
    if (scale_ != 0) made.sint(6, scale_);
    if (zeros_ != 0) made.fixed64(7, zeros_);
    for (const bool sign : {false, true}) {
      const runs& run = sign ? negative_ : positive_;
      detail::protobuf_writer buckets;
      if (!run.empty()) {
        if (run.first() != 0) buckets.sint(1, run.first());
        detail::protobuf_writer counts;
        for (std::size_t i = 0; i < run.size(); ++i) counts.varint(run.data()[i]);
        buckets.bytes(2, counts.written());
      }
      made.bytes(sign ? 9 : 8, buckets.written());
    }
    if (!empty()) {
      made.f64(12, low_);
      made.f64(13, high_);
    }
    return made.written();
  }
  /// Reads such a message, of any scale. More than `Most` buckets are joined to as many. If min and max are left out,
  /// the ends of the outer buckets stand for them.
  /// Errors: corrupt, naming what is wrong.
  static result<exponential_histogram> from_otlp(std::span<const std::byte> bytes) {
    exponential_histogram made;
    detail::protobuf_reader from(bytes);
    std::span<const std::byte> stores[2];
    bool has_low = false, has_high = false;
    std::int64_t scale = 0;
    while (from.next()) {
      switch (from.field) {
        case 4: made.count_ = from.number; break;
        case 5: made.sum_ = from.real(); break;
        case 6: scale = from.sint(); break;
        case 7: made.zeros_ = from.number; break;
        case 8: stores[0] = from.inner; break;
        case 9: stores[1] = from.inner; break;
        case 12: made.low_ = from.real(), has_low = true; break;
        case 13: made.high_ = from.real(), has_high = true; break;
        default: break;
      }
    }
    if (!from.ok()) return fault("it is malformed");
    if (scale < -1100 || scale > finest_scale) return fault("its scale is beyond what doubles have");
    made.scale_ = static_cast<int>(scale < coarsest_scale ? coarsest_scale : scale);
    std::uint64_t total = made.zeros_;
    for (const bool sign : {false, true})
      if (auto done = made.read_buckets(stores[sign ? 1 : 0], sign, static_cast<int>(scale), total); !done)
        return std::move(done).error();
    if (total != made.count_) return fault("its counts do not add up");
    if (made.count_ == 0) {
      if (has_low || has_high) return fault("it has extremes of nothing");
    } else {
      if (!has_low) made.low_ = made.outer_end(false);
      if (!has_high) made.high_ = made.outer_end(true);
      if (!(made.low_ <= made.high_)) return fault("its least is not below its greatest");
    }
    return made;
  }

  /// The OTLP point in an envelope.
  std::vector<std::byte> save() const {
    envelope_writer to(type);
    to.block(to_otlp());
    return std::move(to).finish();
  }
  static result<exponential_histogram> load(std::span<const std::byte> bytes) {
    auto from = envelope_reader::open(bytes, type);
    if (!from) return std::move(from).error();
    const auto point = from->block();
    if (auto done = from->finish(true); !done) return std::move(done).error();
    auto made = from_otlp(point);
    if (!made) return std::move(made).error().wrap("saved exponential_histogram");
    return made;
  }

 private:
  void swap(exponential_histogram& other) noexcept {
    detail::swap_members(*this, other, &exponential_histogram::count_, &exponential_histogram::zeros_,
                         &exponential_histogram::sum_, &exponential_histogram::low_, &exponential_histogram::high_,
                         &exponential_histogram::scale_, &exponential_histogram::positive_,
                         &exponential_histogram::negative_);
  }
  using runs = detail::bucket_run<std::uint64_t>;
  static constexpr double none = std::numeric_limits<double>::quiet_NaN();
  static constexpr double least = (std::numeric_limits<double>::min)();
  static constexpr std::string_view type = "exponential_histogram";

  static error fault(const char* what) {
    return error(errc::corrupt, std::string("OTLP exponential histogram point: ") + what);
  }
  double clamped(double x) const noexcept { return x < low_ ? low_ : x > high_ ? high_ : x; }
  /// The middle of bucket i; its lower end if the upper one is beyond, or near the end of, double's range.
  double middle(std::int64_t i) const noexcept {
    const double low = lower_bound(i, scale_);
    const double high = lower_bound(i + 1, scale_);
    return high > 1e300 ? low : low + (high - low) / 2;
  }
  /// The end of the outermost bucket: the upper one of all numbers if `high`, else the lower one.
  double outer_end(bool high) const noexcept {
    const runs& outer = high ? positive_ : negative_;
    const runs& inner = high ? negative_ : positive_;
    const double sign = high ? 1 : -1;
    if (!outer.empty()) return sign * lower_bound(std::int64_t{outer.last()} + 1, scale_);
    return zeros_ != 0 || inner.empty() ? 0.0 : -sign * lower_bound(inner.first(), scale_);
  }

  /// The finest scale, not above the present one, at which `run` and the buckets from low to high (numbers at the
  /// present scale) together are at most `Most` buckets.
  int fitting(const runs& run, std::int64_t low, std::int64_t high) const noexcept {
    if (!run.empty()) {
      low = low < run.first() ? low : run.first();
      high = high > run.last() ? high : run.last();
    }
    int scale = scale_;
    for (; high - low >= static_cast<std::int64_t>(Most); --scale) {
      low >>= 1;
      high >>= 1;
    }
    return scale;
  }
  void rescale(int scale) {
    if (scale >= scale_) return;
    positive_.coarsen(static_cast<unsigned>(scale_ - scale));
    negative_.coarsen(static_cast<unsigned>(scale_ - scale));
    scale_ = scale;
  }

  result<void> read_buckets(std::span<const std::byte> bytes, bool sign, int scale, std::uint64_t& total) {
    detail::protobuf_reader from(bytes);
    std::int64_t first = 0;
    std::span<const std::byte> packed;
    while (from.next()) {
      if (from.field == 1) first = from.sint();
      if (from.field == 2) {
        if (from.type != detail::wire::bytes) return fault("its counts are not packed");
        packed = from.inner;
      }
    }
    if (!from.ok()) return fault("its buckets are malformed");
    // Bucket numbers beyond those of any double are refused: numbers far apart would make the scale needlessly coarse.
    const std::int64_t most = scale >= 0 ? std::int64_t{1100} << scale : 1100;
    if (!packed.empty() && (first < -2 * most || first > most)) return fault("a bucket is beyond what doubles have");
    detail::protobuf_reader counts(packed);
    for (std::int64_t bucket = first; !counts.empty(); ++bucket) {
      const std::uint64_t n = counts.varint();
      if (!counts.ok()) return fault("a count is malformed");
      if (n == 0) continue;
      if (bucket < -most || bucket > most) return fault("a bucket is beyond what doubles have");
      if (n > ~total) return fault("its counts do not add up");
      total += n;
      std::int64_t at = scale < coarsest_scale ? bucket < 0 ? -1 : 0 : bucket;
      // The scale may have fallen since, as more buckets came.
      at >>= (scale < coarsest_scale ? coarsest_scale : scale) - scale_;
      const int fits = fitting(sign ? negative_ : positive_, at, at);
      at >>= scale_ - fits;
      rescale(fits);
      runs& to = sign ? negative_ : positive_;
      to.cover(static_cast<std::int32_t>(at), static_cast<std::int32_t>(at));
      to.add(static_cast<std::int32_t>(at), n);
    }
    return {};
  }

  std::uint64_t count_ = 0;
  std::uint64_t zeros_ = 0;
  double sum_ = 0;
  double low_ = std::numeric_limits<double>::infinity();
  double high_ = -std::numeric_limits<double>::infinity();
  int scale_ = finest_scale;
  runs positive_;
  runs negative_;
};

}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_HISTOGRAMS_EXPONENTIAL_HISTOGRAM_HPP
