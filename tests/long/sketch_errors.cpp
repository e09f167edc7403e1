// The errors of all sketches on long streams, against what they state: uniform, log-normal, sorted, reversed, constant,
// heavy-tailed and adversarial ones, in one piece and merged from seven. Prints a table; answers 1 if a sketch does not
// keep its word. usage: sketch_errors [LENGTH SEEDS], 10,000,000 and 20 if not said.
#include <millrace/aggregate/sketches/count_min.hpp>
#include <millrace/aggregate/sketches/frequent_items.hpp>
#include <millrace/aggregate/sketches/hll.hpp>
#include <millrace/aggregate/sketches/kll.hpp>
#include <millrace/aggregate/sketches/req.hpp>
#include <millrace/aggregate/sketches/tdigest.hpp>
#include <millrace/aggregate/sketches/theta.hpp>

#include <support/streams.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

namespace mr = millrace;

namespace {

constexpr double ps[] = {0, 0.0001, 0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 0.9999, 1};
constexpr std::size_t asked = std::size(ps);
int failures = 0;

void require(bool kept, const std::string& sentence) {
  if (kept) return;
  std::printf("FAILED: %s\n", sentence.c_str());
  ++failures;
}

/// For many values at once, the share of a stream below each and at or below each.
class ranks {
 public:
  ranks(std::vector<double> pivots, std::span<const double> stream) : pivots_(std::move(pivots)) {
    std::sort(pivots_.begin(), pivots_.end());
    pivots_.erase(std::unique(pivots_.begin(), pivots_.end()), pivots_.end());
    std::vector<std::size_t> up_to(pivots_.size() + 1), equal(pivots_.size() + 1);
    for (const double x : stream) {
      const auto at = static_cast<std::size_t>(std::lower_bound(pivots_.begin(), pivots_.end(), x) - pivots_.begin());
      ++up_to[at];
      equal[at] += at < pivots_.size() && pivots_[at] == x;
    }
    const auto size = static_cast<double>(stream.size());
    std::size_t sum = 0;
    for (std::size_t i = 0; i < pivots_.size(); ++i) {
      sum += up_to[i];
      upper_.push_back(static_cast<double>(sum) / size);
      lower_.push_back(static_cast<double>(sum - equal[i]) / size);
    }
  }
  /// How far p is from the ranks of a value.
  double error(double value, double p) const {
    const auto at = static_cast<std::size_t>(std::lower_bound(pivots_.begin(), pivots_.end(), value) - pivots_.begin());
    return p < lower_[at] ? lower_[at] - p : p > upper_[at] ? p - upper_[at] : 0;
  }

 private:
  std::vector<double> pivots_, lower_, upper_;
};

struct tally {
  std::string name;
  double squares[asked] = {};
  double largest[asked] = {};
  double beyond = 0;  // answers outside their bound
  double answers = 0;

  template <class View, class Bound>
  void add(const ranks& truth, const View& view, double resolution, Bound&& bound) {
    for (std::size_t i = 0; i < asked; ++i) {
      const double off = truth.error(view.quantile(ps[i]), ps[i]);
      squares[i] += off * off;
      largest[i] = std::max(largest[i], off);
      beyond += off > bound(ps[i]) + resolution;
      answers += 1;
    }
  }
  double rms(std::size_t i, int seeds) const { return std::sqrt(squares[i] / seeds); }
  void print(int seeds) const {
    std::printf(
        "  %-22s rms at 0.01 %.1e, median %.1e, 0.99 %.1e, 0.999 %.1e; largest %.1e; beyond their bound %.0f of %.0f\n",
        name.c_str(), rms(3, seeds), rms(6, seeds), rms(9, seeds), rms(10, seeds),
        *std::max_element(std::begin(largest), std::end(largest)), beyond, answers);
  }
};

template <class S>
S merged_from_seven(std::span<const double> values, S into, std::uint64_t seed) {
  for (std::size_t part = 0; part < 7; ++part) {
    const std::size_t begin = values.size() * part / 7;
    S piece = [&] {
      if constexpr (std::is_constructible_v<S, std::uint64_t>)
        return S(seed * 7 + part);
      else
        return S();
    }();
    piece.update(values.subspan(begin, values.size() * (part + 1) / 7 - begin));
    (void)into.merge(piece);
  }
  return into;
}

void quantiles(const std::string& stream, std::size_t length, int seeds) {
  tally kll{"kll<200>"}, kll_merged{"kll<200>, merged"}, req{"req<12>"}, req_merged{"req<12>, merged"};
  tally low{"req<12>, low ranks"}, digest{"tdigest<100>"}, digest_merged{"tdigest<100>, merged"};
  for (int at = 0; at < seeds; ++at) {
    const auto seed = static_cast<std::uint64_t>(at);
    const std::vector<double> values = support::make_stream(stream, length, seed).values;
    const std::span<const double> all(values);
    mr::kll<200> a(seed);
    mr::req<12> b(seed);
    mr::req<12, double, false> c(seed);
    mr::tdigest<100> d;
    a.update(all);
    b.update(all);
    c.update(all);
    d.update(all);
    const auto a7 = merged_from_seven(all, mr::kll<200>(seed + 1000), seed);
    const auto b7 = merged_from_seven(all, mr::req<12>(seed + 1000), seed);
    const auto d7 = merged_from_seven(all, mr::tdigest<100>(), seed);
    d.compress();
    std::vector<double> pivots;
    const auto list = [&](const auto& view) {
      double last = view.quantile(0);
      for (const double p : ps) {
        const double q = view.quantile(p);
        require(last <= q, stream + ": a quantile that decreases");
        pivots.push_back(last = q);
      }
    };
    list(a.view()), list(a7.view()), list(b.view()), list(b7.view()), list(c.view()), list(d.view()), list(d7.view());
    const ranks truth(pivots, all);
    const double grain = 1.0 / static_cast<double>(length);
    kll.add(truth, a.view(), grain, [&](double) { return a.rank_error(); });
    kll_merged.add(truth, a7.view(), grain, [&](double) { return a7.rank_error(); });
    req.add(truth, b.view(), grain, [&](double p) { return b.rank_error(p); });
    req_merged.add(truth, b7.view(), grain, [&](double p) { return b7.rank_error(p); });
    low.add(truth, c.view(), grain, [&](double p) { return c.rank_error(p); });
    digest.add(truth, d.view(), grain, [&](double p) { return d.resolution(p); });
    digest_merged.add(truth, d7.view(), grain, [&](double p) { return d7.resolution(p); });
    const auto [smallest, largest] = std::minmax_element(values.begin(), values.end());
    for (const double least :
         {a.quantile(0), a7.quantile(0), b.quantile(0), c.quantile(0), d.quantile(0), d7.quantile(0)})
      require(least == *smallest, stream + ": quantile(0) is not the least value");
    for (const double most :
         {a.quantile(1), a7.quantile(1), b.quantile(1), c.quantile(1), d.quantile(1), d7.quantile(1)})
      require(most == *largest, stream + ": quantile(1) is not the greatest value");
  }
  std::printf("%s\n", stream.c_str());
  for (const tally* each : {&kll, &kll_merged, &req, &req_merged, &low, &digest, &digest_merged}) {
    each->print(seeds);
    // At 99 % confidence; three standard deviations more, since answers of a sketch are not independent.
    const bool certain = each == &digest || each == &digest_merged;
    require(each->beyond <= (certain ? 0 : 0.01 * each->answers + 3 * std::sqrt(0.01 * each->answers * 3)),
            stream + ": " + each->name + " is beyond its bound too often");
  }
  require(kll.rms(6, seeds) <= 0.0035 || stream != "uniform", "kll<200>: rms error of the median above 0.0035");
  if (stream == "uniform" || stream == "log-normal" || stream == "heavy-tailed") {
    require(digest.rms(6, seeds) <= 0.001, stream + ": tdigest<100>: rms error of the median above 0.001");
    require(digest.rms(9, seeds) <= 1e-4, stream + ": tdigest<100>: rms error of p99 above 0.0001");
  }
}

struct relative {
  std::string name;
  double squares = 0;
  double stated = 0;
  void add(double estimate, double truth, double error) {
    squares += std::pow(estimate / truth - 1, 2);
    stated = error;
  }
  void finish(int seeds) const {
    const double rms = std::sqrt(squares / seeds);
    std::printf("  %-22s rms %.2f %%, stated %.2f %%\n", name.c_str(), 100 * rms, 100 * stated);
    // The deviation of a deviation of so many.
    require(rms <= stated * (1 + 3 / std::sqrt(2.0 * seeds)), name + " errs more than stated");
  }
};

void distinct(std::size_t length, int seeds) {
  relative hll4{"hll<12, 4>"}, hll6{"hll<12, 6>"}, hll8{"hll<12, 8>"}, merged{"hll<12, 8>, merged"};
  relative theta{"theta<12>"}, united{"theta<12>, merged"};
  const auto size = static_cast<std::int64_t>(length);
  for (int at = 0; at < seeds; ++at) {
    const std::int64_t from = std::int64_t{at + 1} << 40;
    mr::hll<12, 4> a;
    mr::hll<12, 6> b;
    mr::hll<12, 8> c, c1, c2;
    mr::theta<12> d, d1, d2;
    for (std::int64_t i = from; i < from + size; ++i) {
      a.update(i);
      b.update(i);
      c.update(i);
      d.update(i);
      if (i < from + size / 3 * 2) c1.update(i), d1.update(i);
      if (i >= from + size / 3) c2.update(i), d2.update(i);
    }
    c1.merge(c2);
    d1.merge(d2);
    const auto truth = static_cast<double>(length);
    hll4.add(a.estimate(), truth, a.relative_error());
    hll6.add(b.estimate(), truth, b.relative_error());
    hll8.add(c.estimate(), truth, c.relative_error());
    merged.add(c1.estimate(), truth, c1.relative_error());
    theta.add(d.estimate(), truth, d.relative_error());
    united.add(d1.estimate(), truth, d1.relative_error());
  }
  std::printf("distinct items\n");
  for (const relative* each : {&hll4, &hll6, &hll8, &merged, &theta, &united}) each->finish(seeds);
}

void frequent(std::size_t length, int seeds) {
  double outside = 0, widest = 0, too_low = 0, too_high = 0, items_asked = 0;
  for (int at = 0; at < seeds; ++at) {
    mr::random_engine random(static_cast<std::uint64_t>(at));
    constexpr std::size_t items = 200'000;
    std::vector<std::uint64_t> counts(items);
    mr::frequent_items<std::int64_t, 10> sketch;
    mr::count_min<1024, 4> table;
    for (std::size_t i = 0; i < length; ++i) {
      const auto item = static_cast<std::size_t>(std::pow(static_cast<double>(items), random.uniform())) - 1;
      ++counts[item];
      sketch.update(static_cast<std::int64_t>(item));
      table.update(item);
    }
    for (std::size_t item = 0; item < items; ++item) {
      const auto name = static_cast<std::int64_t>(item);
      outside += counts[item] < sketch.lower(name) || counts[item] > sketch.upper(name);
      const double estimate = table.estimate(item);
      const auto truth = static_cast<double>(counts[item]);
      too_low += estimate < truth;
      too_high += estimate > truth + table.epsilon() * table.total();
      items_asked += 1;
    }
    widest = std::max(widest, static_cast<double>(sketch.max_error()) / static_cast<double>(length));
    require(sketch.epsilon() >= widest, "frequent_items: wider than epsilon");
  }
  std::printf("frequent items\n  frequent_items<10>     outside their bounds %.0f of %.0f; bounds %.3f %% wide\n",
              outside, items_asked, 100 * widest);
  std::printf("  count_min<1024, 4>     too low %.0f, above the bound %.3f %%, stated %.3f %%\n", too_low,
              100 * too_high / items_asked, 100 * (1 - mr::count_min<1024, 4>().confidence()));
  require(outside == 0, "frequent_items: outside its bounds");
  require(too_low == 0, "count_min: too low");
  require(too_high / items_asked <= 1 - mr::count_min<1024, 4>().confidence(), "count_min: too high too often");
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t length = argc > 2 ? std::strtoull(argv[1], nullptr, 10) : 10'000'000;
  const int seeds = argc > 2 ? std::atoi(argv[2]) : 20;
  if (length < 1000 || seeds < 1) return 2;
  std::printf("streams of %zu, %d seeds\n", length, seeds);
  for (const std::string& stream : support::stream_names()) quantiles(stream, length, seeds);
  distinct(length, seeds);
  frequent(length, seeds);
  std::printf("%d failures\n", failures);
  return failures == 0 ? 0 : 1;
}
