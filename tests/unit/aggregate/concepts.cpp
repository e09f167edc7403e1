#include <millrace/aggregate/concepts.hpp>

#include <support/catch.hpp>

#include <millrace/aggregate.hpp>

#include <laws/aggregator.hpp>
#include <support/allocation_counter.hpp>
#include <support/envelope.hpp>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace mr = millrace;
using namespace std::chrono_literals;

namespace {

/// The smallest aggregator there is: how many items above zero.
class positives {
 public:
  static constexpr bool invertible = true;
  static constexpr bool exactly_invertible = true;

  void update(double x) { count_ += x > 0 ? 1U : 0U; }
  void update(std::span<const double> items) {
    for (const double x : items) update(x);
  }
  void merge(const positives& other) { count_ += other.count_; }
  void unmerge(const positives& other) { count_ -= other.count_; }
  std::uint64_t count() const { return count_; }

  std::vector<std::byte> save() const {
    mr::envelope_writer writer("positives");
    writer.u64(count_);
    return std::move(writer).finish();
  }
  static mr::result<positives> load(std::span<const std::byte> bytes) {
    auto reader = mr::envelope_reader::open(bytes, "positives");
    if (!reader) return std::move(reader).error();
    positives made;
    made.count_ = reader->u64();
    if (auto done = reader->finish(true); !done) return std::move(done).error();
    return made;
  }

 private:
  std::uint64_t count_ = 0;
};

struct silent {
  void merge(const silent&) {}
};
struct noisy : silent {
  static constexpr bool commutative = false;
  static constexpr bool idempotent = true;
  static constexpr bool fusable = true;
  std::vector<int> heap;
};

}  // namespace

TEST_CASE("an aggregator is update, merge, save and load") {
  STATIC_REQUIRE(mr::aggregator<positives>);
  STATIC_REQUIRE(mr::aggregator_of<positives, double>);
  STATIC_REQUIRE(mr::span_aggregator_of<positives, double>);
  STATIC_REQUIRE_FALSE(mr::weighted_aggregator_of<positives, double>);
  STATIC_REQUIRE_FALSE(mr::aggregator_of<positives, std::vector<int>>);
  STATIC_REQUIRE(mr::mergeable<silent>);
  STATIC_REQUIRE_FALSE(mr::aggregator<silent>);
}

TEST_CASE("traits are the aggregator's own, or the defaults") {
  STATIC_REQUIRE(mr::aggregator_traits<positives>::invertible);
  STATIC_REQUIRE(mr::aggregator_traits<positives>::exactly_invertible);
  STATIC_REQUIRE(mr::aggregator_traits<positives>::commutative);
  STATIC_REQUIRE_FALSE(mr::aggregator_traits<positives>::idempotent);
  STATIC_REQUIRE_FALSE(mr::aggregator_traits<positives>::fusable);
  STATIC_REQUIRE(mr::aggregator_traits<positives>::compact);
  STATIC_REQUIRE_FALSE(mr::aggregator_traits<noisy>::commutative);
  STATIC_REQUIRE(mr::aggregator_traits<noisy>::idempotent);
  STATIC_REQUIRE(mr::aggregator_traits<noisy>::fusable);
  STATIC_REQUIRE_FALSE(mr::aggregator_traits<noisy>::compact);
}

TEST_CASE("the laws hold for an aggregator written in twenty lines") {
  const auto same = [](const positives& a, const positives& b) { CHECK(a.count() == b.count()); };
  for (const auto& stream : laws::streams(200, 1)) laws::all([] { return positives(); }, stream, same, 2);
  positives some;
  laws::feed(some, std::span<const double>(laws::streams(50, 3)[0]));
  const auto use = [](positives& p) {
    p.update(1.0);
    p.merge(p);
    CHECK(p.save().size() == 16 + 9 + 8 + 4);
  };
  laws::hostile_bytes(some, use);
  laws::hostile_payload(some, support::reseal, use, 4, 200);
}

namespace {

/// What the aggregator that `make` makes keeps: itself, and what it holds of the heap. 0 under a sanitizer.
template <class Make>
std::size_t memory_of(Make&& make) {
  const std::int64_t before = support::heap_bytes;
  const auto made = std::make_unique<decltype(make())>(make());
  return static_cast<std::size_t>(support::heap_bytes - before);
}

/// Both signs and forty decades, hardly a number twice: what makes sketches grow as far as they can.
const std::vector<double>& wide_stream() {
  static const std::vector<double> made = [] {
    mr::random_engine random(41);
    std::vector<double> x(600'000);
    for (double& v : x) v = (random.below(2) == 0 ? -1 : 1) * std::exp(20 * random.normal());
    return x;
  }();
  return made;
}

/// One by one, then as spans.
template <class A>
std::size_t memory_after_many(A empty = A()) {
  return memory_of([&] {
    A a = empty;
    const std::span<const double> items(wide_stream());
    for (const double x : items.first(200'000)) (void)a.update(x);
    for (std::size_t at = 200'000; at + 1000 <= items.size(); at += 1000) (void)a.update(items.subspan(at, 1000));
    return a;
  });
}

template <class A>
std::size_t own_memory() {
  return sizeof(A) - 32;  // the aggregate's own counts
}

}  // namespace

TEST_CASE("the memory of every member is what its comment states, and does not grow with the stream") {
  CHECK(own_memory<mr::aggregate<mr::sum>>() == 16);
  CHECK(own_memory<mr::aggregate<mr::mean>>() == 8 * (2 * 1 + 5));
  CHECK(own_memory<mr::aggregate<mr::variance>>() == 8 * (2 * 2 + 5));
  CHECK(own_memory<mr::aggregate<mr::skewness>>() == 8 * (2 * 3 + 5));
  CHECK(own_memory<mr::aggregate<mr::kurtosis, mr::stddev, mr::mean>>() == 8 * (2 * 4 + 5));
  CHECK(own_memory<mr::aggregate<mr::geometric_mean>>() == 48);
  CHECK(own_memory<mr::aggregate<mr::harmonic_mean>>() == 32);
  CHECK(own_memory<mr::aggregate<mr::min>>() == 8);
  CHECK(own_memory<mr::aggregate<mr::max>>() == 8);
  CHECK(own_memory<mr::aggregate<mr::range>>() == 16);
  CHECK(own_memory<mr::aggregate<mr::first>>() == 8);
  CHECK(own_memory<mr::aggregate<mr::last>>() == 8);
  CHECK(own_memory<mr::aggregate<mr::argmin>>() == 16);
  CHECK(own_memory<mr::aggregate<mr::argmax>>() == 16);
  CHECK(own_memory<mr::aggregate<mr::covariance, mr::correlation, mr::linear_trend>>() == 136);
  CHECK(sizeof(mr::counter_rate) == 64);
  CHECK(sizeof(mr::inter_arrival<mr::aggregate<mr::sum>>) == sizeof(mr::aggregate<mr::sum>) + 24);
  CHECK(sizeof(mr::sampled<mr::aggregate<mr::sum>>) == sizeof(mr::aggregate<mr::sum>) + 64);
  CHECK(sizeof(mr::decayed<mr::half_life<60s>, mr::aggregate<mr::sum>>) == sizeof(mr::aggregate<mr::sum>) + 32);
  CHECK(sizeof(mr::log_histogram) <= 32 * 1024);
  if (!support::counts_allocations || wide_stream().empty()) return;

  constexpr std::size_t kb = 1024;
  using fused = mr::aggregate<mr::count, mr::kurtosis, mr::range, mr::argmax, mr::geometric_mean, mr::harmonic_mean>;
  CHECK(memory_after_many<fused>() <= sizeof(fused) + 16);  // nothing of the heap
  CHECK(memory_after_many<mr::kll<200>>() <= 7 * kb + kb / 2);
  CHECK(memory_after_many<mr::req<12>>() <= 90 * kb);
  CHECK(memory_after_many<mr::tdigest<100>>() <= 12 * kb);
  CHECK(memory_after_many<mr::hll<12, 4>>() <= 4 * kb + 2 * kb);
  CHECK(memory_after_many<mr::hll<12, 8>>() <= 4 * kb + 2 * kb);
  CHECK(memory_after_many<mr::theta<12>>() <= 128 * kb + 128);
  CHECK(memory_after_many<mr::count_min<>>() <= 32 * kb + 128);
  CHECK(memory_after_many<mr::ddsketch<10, 2048>>() <= 12 * 2 * 2048 + 2 * kb + kb / 4);
  CHECK(memory_after_many<mr::exponential_histogram<160>>() <= 32 * 160 + 160);
  CHECK(memory_after_many(mr::regular_histogram::make(100U, -2.0, 5.0).value()) <= 8 * 102 + 160);
  CHECK(memory_after_many<mr::percentile_tracker>() <= 12 * 2 * 2048 + 3 * kb);
  CHECK(memory_of([] {
          mr::frequent_items<std::int64_t, 10> items;
          for (const double x : wide_stream()) items.update(static_cast<std::int64_t>(1e6 * std::log(std::fabs(x))));
          return items;
        }) <= 32 * kb + 128);
  CHECK(memory_of([] {
          mr::topk_tracker items;
          for (const double x : wide_stream()) items.update("a long item: " + std::to_string(x));
          return items;
        }) <= 3 * 32 * kb + 768 * 400);  // the numbers are up to 350 digits long
}

TEST_CASE("a million groups are bounded by the overflow group, in bytes too") {
  if (!support::counts_allocations) return;
  using fused = mr::aggregate<mr::count, mr::mean>;
  const auto numbers = memory_of([] {
    mr::grouped<std::uint64_t, fused> groups(1000);
    for (std::uint64_t key = 0; key < 1'000'000; ++key) groups.update(key * 977, 1.0);
    CHECK(groups.overflow().items() == 999'000);
    return groups;
  });
  CHECK(numbers <= 1024 * (sizeof(fused) + 8 + 16) + 24 * 1024 + 512);
  const auto texts = memory_of([] {
    mr::grouped<std::string, mr::kll<16>> groups(100);
    for (std::uint64_t key = 0; key < 1'000'000; ++key) groups.update("key " + std::to_string(key), 1.0);
    return groups;
  });
  CHECK(texts <= 128 * (sizeof(mr::kll<16>) + 64 + 1024) + 2048);
  const auto metrics = memory_of([] {
    mr::streaming_aggregator events({mr::duration(10'000'000'000), 4, 5, 3});
    for (int i = 0; i < 100'000; ++i)
      events.update("metric " + std::to_string(i % 1000), std::to_string(i), i % 100,
                    mr::time_point(std::int64_t{i} * 100'000));
    CHECK(events.metrics() == 6);
    return events;
  });
  // Six metrics of four groups and a whole, 2 (panes + 2) aggregates each of 1.3 KiB and at most 1,000 buckets.
  CHECK(metrics <= 6 * 5 * 2 * 6 * (1400 + 8 * 1000));
}

TEST_CASE("windows keep as many items or panes as they state, however long the stream") {
  if (!support::counts_allocations) return;
  using fused = mr::aggregate<mr::count, mr::mean, mr::max>;
  const auto after = [](auto window, std::size_t items) {
    return memory_of([&] {
      auto w = window;
      std::int64_t now = 0;
      for (std::size_t i = 0; i < items; ++i) {
        now += i % 50 == 0 ? 20 : 1;
        if constexpr (requires { w.late(); })  // by time
          w.update(wide_stream()[i], mr::time_point(now));
        else
          w.update(wide_stream()[i]);
      }
      return w;
    });
  };
  const auto steady = [&](auto window, std::size_t most) {
    CHECK(after(window, 10'000) <= most);
    CHECK(after(window, 200'000) <= most);
  };
  constexpr std::size_t of_items = 2 * 1024 * (8 + sizeof(fused)) + 1024;  // up to twice as many places
  steady(mr::windowed<mr::sliding_count<1000>, fused>(), of_items);
  steady(mr::windowed<mr::sliding_count<1000, mr::worst_case>, fused>(), of_items);
  steady(mr::windowed<mr::sliding_count<1000>, mr::aggregate<mr::max>>(), 2 * 1024 * 16 + 1024);
  steady(mr::windowed<mr::sliding<mr::duration(1000)>, fused>(), of_items + 2 * 1024 * 8);
  steady(mr::windowed<mr::sliding<mr::duration(1000)>, fused, mr::event_time<mr::duration(100)>>(),
         of_items + 2 * 1024 * 8);
  steady(mr::windowed<mr::sliding<mr::duration(1000'000)>, fused>(500), of_items + 2 * 1024 * 8);  // `most` of them
  using some_late = mr::event_time<mr::duration(3000)>;
  steady(mr::windowed<mr::sliding<mr::duration(1000), mr::duration(100)>, fused>(), 2 * 13 * sizeof(fused) + 1024);
  steady(mr::windowed<mr::tumbling<mr::duration(1000)>, fused, some_late>(), 2 * 5 * (sizeof(fused) + 8) + 1024);
  steady(mr::windowed<mr::hopping<mr::duration(1000), mr::duration(500)>, fused, some_late>(),
         2 * 10 * (sizeof(fused) + 8) + 1024);
  steady(mr::windowed<mr::session<mr::duration(10)>, fused, some_late>(), 2 * 302 * (sizeof(fused) + 16) + 1024);
  steady(mr::windowed<mr::tumbling_count<1000>, fused>(), 4 * sizeof(fused) + 1024);
}

TEST_CASE("an aggregate says which members it may be asked for, and where its quantiles come from") {
  using spread = mr::aggregate<mr::variance>;
  using tail = mr::aggregate<mr::max, mr::quantiles<mr::kll<200>>>;
  STATIC_REQUIRE(mr::member_source<spread>);
  STATIC_REQUIRE(mr::member_source<spread::snapshot_type>);
  STATIC_REQUIRE_FALSE(mr::member_source<mr::kll<200>>);
  STATIC_REQUIRE_FALSE(mr::member_source<double>);
  STATIC_REQUIRE(mr::keeps_member<spread, mr::mean>);  // of the moments that it keeps
  STATIC_REQUIRE(mr::keeps_member<spread, mr::count>);
  STATIC_REQUIRE_FALSE(mr::keeps_member<spread, mr::max>);
  STATIC_REQUIRE_FALSE(mr::keeps_member<spread, mr::comoments>);
  STATIC_REQUIRE_FALSE(mr::keeps_member<double, mr::mean>);
  STATIC_REQUIRE(mr::quantile_sketch<mr::kll<200>>);
  STATIC_REQUIRE_FALSE(mr::quantile_sketch<tail>);
  STATIC_REQUIRE(mr::quantile_source<tail>);
  STATIC_REQUIRE_FALSE(mr::quantile_source<int>);
  tail a;
  a.update({1.0, 2.0, 3.0});
  CHECK(mr::sketch_of(a).quantile(0.5) == 2);
  CHECK(&mr::sketch_of(a) == &a.get<mr::quantiles>().sketch());
  CHECK(&mr::sketch_of(mr::sketch_of(a)) == &mr::sketch_of(a));
}

TEST_CASE("a sketch that was moved from is as freshly made, and moving one to itself changes nothing") {
  const auto numbers = [](auto& a, int items) {
    for (int i = 0; i < items; ++i) a.update(1 + 0.5 * i);
  };
  const auto whole = [](auto& a, int items) {
    for (int i = 0; i < items; ++i) a.update(i % 777);
  };
  const auto texts = [](auto& a, int items) {
    for (int i = 0; i < items; ++i) a.update(std::to_string(i % 777));
  };
  laws::moving([] { return mr::kll<>(); }, numbers);
  laws::moving([] { return mr::req<>(); }, numbers);
  laws::moving([] { return mr::tdigest<10>(); }, numbers);
  laws::moving([] { return mr::hll<6>(); }, whole);
  laws::moving([] { return mr::hll<12>(); }, whole);
  laws::moving([] { return mr::theta<5>(); }, whole);
  laws::moving([] { return mr::count_min<>(); }, whole);
  laws::moving([] { return mr::frequent_items<>(); }, texts);
  laws::moving([] { return mr::frequent_items<std::int64_t, 4>(); }, whole);
  laws::moving([] { return mr::ddsketch<>(); }, numbers);
  laws::moving([] { return mr::exponential_histogram<>(); }, numbers);
  laws::moving([] { return mr::topk_tracker(); }, texts);

  auto bins = *mr::regular_histogram::make(std::size_t{4}, 0.0, 8.0);
  bins.update(3.0);
  mr::regular_histogram taken = std::move(bins);
  bins.update(3.0);
  CHECK(bins.total() == 0);
  auto& self = taken;
  taken = std::move(self);
  CHECK(taken.total() == 1);
}
