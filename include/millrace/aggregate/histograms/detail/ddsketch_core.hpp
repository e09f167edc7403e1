#ifndef MILLRACE_AGGREGATE_HISTOGRAMS_DETAIL_DDSKETCH_CORE_HPP
#define MILLRACE_AGGREGATE_HISTOGRAMS_DETAIL_DDSKETCH_CORE_HPP

#include <millrace/aggregate/concepts.hpp>
#include <millrace/aggregate/histograms/detail/bucket_run.hpp>
#include <millrace/aggregate/histograms/detail/log_index.hpp>
#include <millrace/aggregate/kernels/detail/block_kernel.hpp>
#include <millrace/aggregate/members/sums.hpp>
#include <millrace/core/detail/math.hpp>
#include <millrace/core/detail/protobuf.hpp>
#include <millrace/core/saved/envelope.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

namespace millrace {
inline namespace v0 {

namespace detail {

/// A `ddsketch` without its buffer. Its public functions are those of `ddsketch`.
template <unsigned Permille, unsigned Most>
class ddsketch_core {
  using index = log_index<Permille>;

 public:
  using value_type = double;
  static constexpr double relative_error = index::relative_error;

  void update(double x) { update(x, weight(1)); }
  void update(double x, weight w) {
    if (x != x || !(w.value > 0 && w.value <= (std::numeric_limits<double>::max)())) return;
    if (x < low_) low_ = x;
    if (x > high_) high_ = x;
    constexpr double most = (std::numeric_limits<double>::max)();
    if (!(math::absolute(x) <= most)) [[unlikely]] {
      (x > 0 ? above_ : below_) += w.value;
      return;
    }
    double part = x * w.value;
    rounded(part);
    sum_.add(part);
    if (x >= index::smallest) {
      add(positive_, index::of(x), w.value);
    } else if (x <= -index::smallest) {
      add(negative_, index::of(-x), w.value);
    } else {
      zeros_ += w.value;
    }
  }
  void update(std::span<const double> items) {
    while (items.size() >= 32) {
      const auto block = items.first(items.size() < block_items ? items.size() : block_items);
      if (!take(block))
        for (const double x : block) update(x);
      items = items.subspan(block.size());
    }
    for (const double x : items) update(x);
  }

  void merge(const ddsketch_core& other) {
    if (other.low_ < low_) low_ = other.low_;
    if (other.high_ > high_) high_ = other.high_;
    sum_.merge(other.sum_);
    zeros_ += other.zeros_;
    below_ += other.below_;
    above_ += other.above_;
    merge(positive_, other.positive_);
    merge(negative_, other.negative_);
  }
  /// Multiplies the weight of every item so far by factor > 0.
  void scale(double factor) {
    sum_.scale(factor);
    for (double* const w : {&zeros_, &below_, &above_}) *w *= factor;
    positive_.scale(factor);
    negative_.scale(factor);
  }

  /// What all items weigh together.
  double count() const noexcept { return below_ + negative_.total() + zeros_ + positive_.total() + above_; }
  bool empty() const noexcept { return low_ > high_; }
  double sum() const noexcept {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    return sum_.value() + (above_ > 0 ? infinity : 0) - (below_ > 0 ? infinity : 0);
  }
  /// NaN when empty; so are `max`, `quantile` and `rank`.
  double(min)() const noexcept { return empty() ? none : low_; }
  double(max)() const noexcept { return empty() ? none : high_; }
  std::size_t buckets() const noexcept { return negative_.size() + positive_.size(); }

  /// The value of rank p in [0, 1]; NaN for any other p, and when nothing was seen.
  double quantile(double p) const noexcept {
    if (empty() || !(p >= 0 && p <= 1)) return none;
    if (p == 0) return low_;
    if (p == 1) return high_;
    const double wanted = p * count();
    double seen = below_;
    if (seen >= wanted && seen > 0) return low_;
    for (std::size_t i = negative_.size(); i-- > 0;) {
      seen += negative_.data()[i];
      if (seen >= wanted && negative_.data()[i] > 0)
        return clamped(-index::middle(negative_.first() + static_cast<std::int32_t>(i)));
    }
    seen += zeros_;
    if (seen >= wanted && zeros_ > 0) return clamped(0);
    for (std::size_t i = 0; i < positive_.size(); ++i) {
      seen += positive_.data()[i];
      if (seen >= wanted && positive_.data()[i] > 0)
        return clamped(index::middle(positive_.first() + static_cast<std::int32_t>(i)));
    }
    return high_;
  }
  double median() const noexcept { return quantile(0.5); }
  /// The upper quartile minus the lower quartile.
  double interquartile_range() const noexcept { return quantile(0.75) - quantile(0.25); }

  /// The fraction of the weight at or below x; all items in x's own bucket count.
  double rank(double x) const noexcept {
    if (empty() || x != x) return none;
    if (x < low_) return 0;
    if (x >= high_) return 1;
    double below = below_;
    if (x <= -index::smallest) {
      const std::int32_t bucket = index::of(-x);
      for (std::size_t i = negative_.size(); i-- > 0;)
        if (negative_.first() + static_cast<std::int32_t>(i) >= bucket) below += negative_.data()[i];
    } else {
      below += negative_.total() + (x > -index::smallest ? zeros_ : 0);
      if (x >= index::smallest) {
        const std::int32_t bucket = index::of(x);
        for (std::size_t i = 0; i < positive_.size(); ++i)
          if (positive_.first() + static_cast<std::int32_t>(i) <= bucket) below += positive_.data()[i];
      }
    }
    return below / count();
  }
  /// The rank of each point.
  std::vector<double> cdf(std::span<const double> points) const {
    std::vector<double> ranks;
    ranks.reserve(points.size());
    for (const double x : points) ranks.push_back(rank(x));
    return ranks;
  }

  /// See `ddsketch::to_protobuf`.
  std::vector<std::byte> to_protobuf() const {
    protobuf_writer mapping;
    mapping.f64(1, index::gamma);
    mapping.varint(3, 3);
    protobuf_writer made;
    made.bytes(1, mapping.written());
    for (const bool sign : {false, true}) {
      const bucket_run<double>& run = sign ? negative_ : positive_;
      protobuf_writer store;
      if (!run.empty()) {
        store.tag(2, wire::bytes);
        store.varint(8 * run.size());
        for (std::size_t i = 0; i < run.size(); ++i) store.fixed64(std::bit_cast<std::uint64_t>(run.data()[i]));
        if (run.first() != 0) store.sint(3, run.first());
      }
      made.bytes(sign ? 3 : 2, store.written());
    }
    if (zeros_ != 0) made.f64(4, zeros_);
    return made.written();
  }
  /// See `ddsketch::from_protobuf`.
  static result<ddsketch_core> from_protobuf(std::span<const std::byte> bytes) {
    ddsketch_core made;
    if (auto done = made.read(bytes); !done) return std::move(done).error();
    made.low_ = made.negative_.empty() ? made.zeros_ > 0          ? 0.0
                                         : made.positive_.empty() ? made.low_
                                                                  : index::middle(made.positive_.first())
                                       : -index::middle(made.negative_.last());
    made.high_ = made.positive_.empty() ? made.zeros_ > 0          ? 0.0
                                          : made.negative_.empty() ? made.high_
                                                                   : -index::middle(made.negative_.first())
                                        : index::middle(made.positive_.last());
    for (std::size_t i = 0; i < made.positive_.size(); ++i)
      made.sum_.add(made.positive_.data()[i] * index::middle(made.positive_.first() + static_cast<std::int32_t>(i)));
    for (std::size_t i = 0; i < made.negative_.size(); ++i)
      made.sum_.add(-made.negative_.data()[i] * index::middle(made.negative_.first() + static_cast<std::int32_t>(i)));
    return made;
  }

  void save(envelope_writer& to) const {
    to.f64(low_);
    to.f64(high_);
    sum_.save(to);
    to.f64(below_);
    to.f64(above_);
    to.block(to_protobuf());
  }
  /// `valid` turns false if the numbers contradict each other.
  result<void> load(envelope_reader& from, bool& valid) {
    low_ = from.f64();
    high_ = from.f64();
    sum_.load(from);
    below_ = from.f64();
    above_ = from.f64();
    if (auto done = read(from.block()); !done) return done;
    const bool any = zeros_ > 0 || below_ > 0 || above_ > 0 || buckets() != 0;
    const bool ordered = any ? low_ <= high_ : low_ == std::numeric_limits<double>::infinity() && high_ == -low_;
    valid = valid && below_ >= 0 && above_ >= 0 && ordered;
    return {};
  }

 private:
  static constexpr double none = std::numeric_limits<double>::quiet_NaN();
  static constexpr std::int32_t highest = index::bias;  // greater than the number of any double's bucket

  double clamped(double x) const noexcept { return x < low_ ? low_ : x > high_ ? high_ : x; }

  /// Makes room in a run for the buckets from low to high. If they are too many with those that are there, joins the
  /// lowest. Returns the lowest bucket that is left: lower ones are to be counted in it.
  static std::int32_t make_room(bucket_run<double>& run, std::int32_t low, std::int32_t high) {
    if (!run.empty()) {
      low = low < run.first() ? low : run.first();
      high = high > run.last() ? high : run.last();
    }
    if (high - low >= static_cast<std::int32_t>(Most)) low = high - static_cast<std::int32_t>(Most) + 1;
    run.join_below(low);
    run.cover(low, high);
    return low;
  }
  static void add(bucket_run<double>& run, std::int32_t bucket, double w) {
    if (!run.holds(bucket)) [[unlikely]] {
      const std::int32_t least = make_room(run, bucket, bucket);
      bucket = bucket < least ? least : bucket;
    }
    run.add(bucket, w);
  }
  static void merge(bucket_run<double>& into, const bucket_run<double>& from) {
    if (from.empty()) return;
    const std::int32_t least = make_room(into, from.first(), from.last());
    for (std::int32_t b = from.first(); b <= from.last(); ++b) into.add(b < least ? least : b, from.at(b));
  }

  /// Takes a block of positive normal numbers. If another one is among them, or their buckets are too many, returns
  /// false and counts nothing.
  bool take(std::span<const double> items) {
    constexpr unsigned wanted = figure::low | figure::high | figure::power1;
    const auto found = scan_block<wanted>(items.data(), items.size());
    if (!(found.poison == 0) || !(found.low >= index::smallest)) return false;
    const std::int32_t from = index::of(found.low);
    const std::int32_t to = index::of(found.high);
    if (to - from >= static_cast<std::int32_t>(Most) || make_room(positive_, from, to) > from) return false;
    if (found.low < low_) low_ = found.low;
    if (found.high > high_) high_ = found.high;
    double around = found.shift * static_cast<double>(items.size());
    rounded(around);
    sum_.add(around);
    sum_.add(found.power[0]);
    std::int32_t buckets[block_items];
    index_block<index>(items.data(), items.size(), positive_.first(), buckets);
    double* const counts = positive_.data();
    // Four in a row: their bucket numbers are loaded ahead, while counts of the same bucket wait for one another.
    std::size_t i = 0;
    for (; i + 4 <= items.size(); i += 4) {
      counts[buckets[i]] += 1;
      counts[buckets[i + 1]] += 1;
      counts[buckets[i + 2]] += 1;
      counts[buckets[i + 3]] += 1;
    }
    for (; i < items.size(); ++i) counts[buckets[i]] += 1;
    return true;
  }

  static error fault(errc code, const char* what) { return error(code, std::string("DDSketch message: ") + what); }

  static result<void> read_store(std::span<const std::byte> bytes, bucket_run<double>& run) {
    const auto good = [](double w) { return w >= 0; };
    protobuf_reader from(bytes);
    std::span<const std::byte> row;
    std::int64_t first = 0;
    while (from.next()) {
      if (from.field == 1 && from.type == wire::bytes) {
        protobuf_reader pair(from.inner);
        std::int64_t bucket = 0;
        double w = 0;
        while (pair.next()) {
          if (pair.field == 1) bucket = pair.sint();
          if (pair.field == 2) w = pair.real();
        }
        if (!pair.ok() || !good(w) || bucket < -highest || bucket > highest)
          return fault(errc::corrupt, "a bucket is none");
        if (w > 0) add(run, static_cast<std::int32_t>(bucket), w);
      } else if (from.field == 2) {
        if (from.type != wire::bytes || from.inner.size() % 8 != 0 || !row.empty())
          return fault(errc::unsupported, "its counts are not packed");
        row = from.inner;
      } else if (from.field == 3) {
        first = from.sint();
      }
    }
    if (!from.ok()) return fault(errc::corrupt, "a store is malformed");
    const auto size = static_cast<std::int64_t>(row.size() / 8);
    if (size != 0 && (first < -highest || first > highest || size > 2 * highest || first + size - 1 > highest))
      return fault(errc::corrupt, "a bucket is none");
    protobuf_reader counts(row);
    for (std::int64_t i = 0; i < size; ++i) {
      const double w = std::bit_cast<double>(counts.fixed(8));
      if (!good(w)) return fault(errc::corrupt, "a count is not a number from zero on");
      if (w > 0) add(run, static_cast<std::int32_t>(first + i), w);
    }
    return {};
  }

  result<void> read(std::span<const std::byte> bytes) {
    protobuf_reader from(bytes);
    double gamma = 0;
    double offset = 0;
    std::uint64_t interpolation = 0;
    while (from.next()) {
      result<void> done;
      if (from.field == 1) {
        protobuf_reader mapping(from.inner);
        while (mapping.next()) {
          if (mapping.field == 1) gamma = mapping.real();
          if (mapping.field == 2) offset = mapping.real();
          if (mapping.field == 3) interpolation = mapping.number;
        }
        if (!mapping.ok()) return fault(errc::corrupt, "its mapping is malformed");
      } else if (from.field == 2) {
        done = read_store(from.inner, positive_);
      } else if (from.field == 3) {
        done = read_store(from.inner, negative_);
      } else if (from.field == 4) {
        zeros_ += from.real();
        if (!(zeros_ >= 0)) return fault(errc::corrupt, "its count of zeros is not a number from zero on");
      }
      if (!done) return done;
    }
    if (!from.ok()) return fault(errc::corrupt, "it is malformed");
    if (interpolation != 3 || offset != 0)
      return fault(errc::unsupported, "its mapping is not the cubic interpolation without offset");
    if (!(math::absolute(gamma - index::gamma) <= 1e-9 * index::gamma))
      return fault(errc::unsupported, "its relative error is another one");
    return {};
  }

  double low_ = std::numeric_limits<double>::infinity();
  double high_ = -std::numeric_limits<double>::infinity();
  compensated_sum sum_;
  double zeros_ = 0;
  double below_ = 0;  // weight of the items that are -infinity
  double above_ = 0;  // and of those that are +infinity
  bucket_run<double> positive_;
  bucket_run<double> negative_;  // of the items below zero, bucketed by their size
};

}  // namespace detail
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_AGGREGATE_HISTOGRAMS_DETAIL_DDSKETCH_CORE_HPP
