#include <millrace/aggregate/windows/sliding_count.hpp>

#include <support/catch.hpp>

#include <millrace/aggregate/members/pairs.hpp>

#include <laws/aggregator.hpp>
#include <support/allocation_counter.hpp>
#include <support/envelope.hpp>
#include <support/golden.hpp>
#include <support/windows.hpp>

#include <cmath>
#include <deque>
#include <limits>
#include <span>
#include <string>
#include <vector>

namespace mr = millrace;

namespace {

template <class A, class Forgetting = mr::automatic>
using last_items = mr::windowed<mr::sliding_count<0, Forgetting>, A>;

template <class A>
A anew(const std::deque<double>& items) {
  A made;
  for (const double x : items) (void)made.update(x);
  return made;
}

/// Random single updates, spans and questions against a recomputation; answers how many questions were wrong.
template <class A, class Forgetting = mr::automatic>
std::size_t wrong_answers(std::size_t operations, std::uint64_t seed, bool infinities = true) {
  mr::random_engine random(seed);
  std::size_t wrong = 0;
  std::size_t done = 0;
  for (const std::size_t width : {1U, 2U, 3U, 7U, 64U, 127U, 128U, 129U, 300U, 1000U}) {
    last_items<A, Forgetting> window(width);
    std::deque<double> reference;
    const unsigned kind = static_cast<unsigned>(random.below(4));
    for (std::size_t until = done + operations / 10; done < until;) {
      const std::size_t count = random.below(20) == 0 ? 1 + random.below(200) : 1;
      std::vector<double> items(count);
      for (double& x : items) x = support::awkward(random, kind, infinities);
      if (count == 1)
        window.update(items[0]);
      else
        window.update(std::span<const double>(items));
      done += count;
      for (const double x : items) {
        if (reference.size() == width) reference.pop_front();
        reference.push_back(x);
      }
      if (random.below(width) > 16) continue;
      if (!support::agree<A>(window.value(), anew<A>(reference), support::magnitude_of(kind))) ++wrong;
    }
  }
  return wrong;
}

using usual = mr::aggregate<mr::count, mr::sum, mr::mean, mr::variance, mr::min, mr::max>;
using ends = mr::aggregate<mr::first, mr::last, mr::sum>;

}  // namespace

TEST_CASE("windows by count answer what a recomputation does on a million random operations") {
  CHECK(wrong_answers<usual>(200'000, 1) == 0);
  CHECK(wrong_answers<mr::aggregate<mr::sum>>(100'000, 2) == 0);
  CHECK(wrong_answers<ends>(100'000, 3) == 0);                                        // does not commute
  CHECK(wrong_answers<mr::aggregate<mr::max>>(100'000, 4) == 0);                      // monotonic queue
  CHECK(wrong_answers<mr::aggregate<mr::min, mr::max, mr::range>>(100'000, 5) == 0);  // two of them
  CHECK(wrong_answers<mr::aggregate<mr::count>>(50'000, 6) == 0);
  CHECK(wrong_answers<usual, mr::worst_case>(200'000, 7) == 0);
  CHECK(wrong_answers<ends, mr::worst_case>(100'000, 8) == 0);
  CHECK(wrong_answers<mr::aggregate<mr::max>, mr::worst_case>(50'000, 9) == 0);
}

TEST_CASE("the engine follows from the aggregate's traits and from the request") {
  using mr::detail::engine_for;
  using mr::detail::window_ops;
  using largest = mr::aggregate<mr::max>;
  STATIC_REQUIRE(std::is_same_v<engine_for<mr::aggregate<mr::count>, mr::automatic>,
                                mr::detail::counting_engine<window_ops<mr::aggregate<mr::count>>>>);
  STATIC_REQUIRE(std::is_same_v<engine_for<largest, mr::automatic>, mr::detail::monotonic_engine<window_ops<largest>>>);
  STATIC_REQUIRE(
      std::is_same_v<engine_for<largest, mr::worst_case>, mr::detail::daba_lite_engine<window_ops<largest>>>);
  STATIC_REQUIRE(std::is_same_v<engine_for<usual, mr::automatic>, mr::detail::two_stacks_engine<window_ops<usual>>>);
  STATIC_REQUIRE(std::is_same_v<engine_for<support::exact_total, mr::automatic>,
                                mr::detail::subtracting_engine<window_ops<support::exact_total>>>);
  using sum = mr::aggregate<mr::sum>;
  STATIC_REQUIRE(std::is_same_v<engine_for<sum, mr::subtracting>, mr::detail::subtracting_engine<window_ops<sum>>>);
  STATIC_REQUIRE(std::is_same_v<engine_for<sum, mr::automatic>, mr::detail::two_stacks_engine<window_ops<sum>>>);
}

TEST_CASE("what is exactly invertible is subtracted, and stays exact for ever") {
  mr::windowed<mr::sliding_count<100>, support::exact_total> window;
  std::deque<double> reference;
  mr::random_engine random(3);
  bool exact = true;
  for (int i = 0; i < 100'000; ++i) {
    const double x = static_cast<double>(random.below(1'000'000'000)) - 5e8;
    window.update(x);
    reference.push_back(x);
    if (reference.size() > 100) reference.pop_front();
    if (i % 1000 != 0) continue;
    exact = exact && window.value() == anew<support::exact_total>(reference);
  }
  CHECK(exact);
}

TEST_CASE("a sum forgets large items without a trace, unless subtraction was asked for") {
  mr::windowed<mr::sliding_count<2>, mr::aggregate<mr::sum, mr::stddev>> careful;
  for (const double x : {1e300, -1e300, 1e200, 4.0, 6.0}) careful.update(x);
  CHECK(careful.get<mr::sum>() == 10);
  CHECK(careful.get<mr::stddev>() == Approx(std::sqrt(2.0)));

  // Sums of squares that are subtracted answer 0 here.
  mr::windowed<mr::sliding_count<4>, mr::aggregate<mr::stddev>> offset;
  for (const double x : {-5e9, 3e12, 1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16}) offset.update(x);
  CHECK(offset.get<mr::stddev>() == Approx(std::sqrt(30.0)).epsilon(1e-12));

  mr::windowed<mr::sliding_count<2, mr::subtracting>, mr::aggregate<mr::sum>> fast;
  for (const double x : {1.0, 2.0, 3.0, 4.0}) fast.update(x);
  CHECK(fast.get<mr::sum>() == 7);
}

TEST_CASE("the greatest of negative items is negative") {
  mr::windowed<mr::sliding_count<3>, mr::aggregate<mr::max>> queue;
  mr::windowed<mr::sliding_count<3, mr::worst_case>, mr::aggregate<mr::max>> lite;
  CHECK(std::isnan(queue.get<mr::max>()));
  CHECK(std::isnan(lite.get<mr::max>()));
  for (const double x : {-2.0, -7.0, -5.0, -9.0}) {
    queue.update(x);
    lite.update(x);
  }
  CHECK(queue.get<mr::max>() == -5);
  CHECK(lite.get<mr::max>() == -5);
}

TEST_CASE("NaN policies hold for windows") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  mr::windowed<mr::sliding_count<2>, mr::aggregate<mr::sum>> skips;
  for (const double x : {1.0, nan, 2.0, nan, nan}) skips.update(x);
  CHECK(skips.size() == 2);
  CHECK(skips.get<mr::sum>() == 3);
  CHECK(skips.value().skipped() == 3);

  mr::windowed<mr::sliding_count<2>, mr::basic_aggregate<mr::propagate_nan, mr::sum>> propagates;
  for (const double x : {1.0, nan, 2.0}) propagates.update(x);
  CHECK(std::isnan(propagates.get<mr::sum>()));
  propagates.update(3);
  CHECK(propagates.get<mr::sum>() == 5);

  mr::windowed<mr::sliding_count<2>, mr::basic_aggregate<mr::reject_nan, mr::sum>> rejects;
  CHECK(rejects.update(1.0).has_value());
  CHECK(rejects.update(nan).error().code() == mr::errc::not_finite);
  CHECK_FALSE(rejects.update(std::span<const double>(std::vector<double>{5, nan})).has_value());
  CHECK(rejects.size() == 1);
  CHECK(rejects.get<mr::sum>() == 1);
}

TEST_CASE("an infinity matters while it is in the window") {
  mr::windowed<mr::sliding_count<2>, mr::aggregate<mr::sum>> window;
  const double infinity = std::numeric_limits<double>::infinity();
  window.update(infinity);
  window.update(-infinity);
  CHECK(std::isnan(window.get<mr::sum>()));
  window.update(1);
  CHECK(window.get<mr::sum>() == -infinity);
  window.update(2);
  CHECK(window.get<mr::sum>() == 3);
}

TEST_CASE("windows of pairs") {
  mr::windowed<mr::sliding_count<3>, mr::aggregate<mr::correlation>> window;
  for (const double x : {5.0, -3.0, 1.0, 2.0, 3.0}) window.update(mr::xy{x, x < 0 ? 100 : 2 * x + 1});
  CHECK(window.get<mr::correlation>() == Approx(1));
}

TEST_CASE("updates of a full window never allocate, whatever the engine") {
  if (!support::counts_allocations) return;
  mr::random_engine random(11);
  std::vector<double> items(5000);
  for (double& x : items) x = random.normal();
  const auto allocated = [&](auto window) {
    for (int round = 0; round < 3; ++round) window.update(std::span<const double>(items));
    std::uint64_t seen = 0;
    const auto allocations = support::allocations_of([&] {
      for (const double x : items) {
        window.update(x);
        seen += window.value().items();
      }
      window.update(std::span<const double>(items));
    });
    CHECK(seen == 1000 * items.size());
    return allocations;
  };
  CHECK(allocated(last_items<usual>(1000)) == 0);
  CHECK(allocated(last_items<ends>(1000)) == 0);
  CHECK(allocated(last_items<usual, mr::worst_case>(1000)) == 0);
  CHECK(allocated(last_items<mr::aggregate<mr::sum>, mr::subtracting>(1000)) == 0);
  CHECK(allocated(last_items<mr::aggregate<mr::min, mr::max>>(1000)) == 0);
}

TEST_CASE("a saved window comes back with its items and goes on the same") {
  const auto check = [](auto window) {
    using type = decltype(window);
    const auto same = [](const type& a, const type& b) {
      CHECK(a.size() == b.size());
      CHECK(a.width() == b.width());
      CHECK(a.value().items() == b.value().items());
      CHECK(a.value().skipped() == b.value().skipped());
    };
    laws::save_and_load(window, same);
    window.update(std::numeric_limits<double>::quiet_NaN());
    mr::random_engine random(12);
    for (int i = 0; i < 250; ++i) window.update(support::awkward(random, 2));
    laws::save_and_load(window, same);
    const std::vector<double> more = {1, -2, 3};
    laws::save_and_go_on(window, std::span<const double>(more), same);
    auto back = type::load(window.save());
    REQUIRE(back.has_value());
    for (int i = 0; i < 200; ++i) {
      const double x = support::awkward(random, 2);
      window.update(x);
      back->update(x);
      CHECK(back->save() == window.save());
    }
    laws::hostile_bytes(window, [](type& w) { w.update(1); });
    laws::hostile_payload(
        window, support::reseal,
        [](type& w) {
          if (w.width() > 100'000) return;  // it would take that many items
          for (int i = 0; i < 300; ++i) w.update(i);
          (void)w.value();
          CHECK(type::load(w.save()).has_value());
        },
        5, 2000);
  };
  check(last_items<usual>(40));
  check(last_items<usual, mr::worst_case>(40));
  check(last_items<mr::aggregate<mr::min, mr::max>>(40));
  check(last_items<mr::aggregate<mr::min>>(40));
}

TEST_CASE("a window loaded at the last place there is goes on, and can still be saved and loaded") {
  using window = mr::windowed<mr::sliding_count<2>, mr::aggregate<mr::sum, mr::max>>;
  std::vector<std::byte> payload;
  for (const std::uint64_t n : {std::uint64_t{2}, std::uint64_t{0}, ~std::uint64_t{0} / 2, std::uint64_t{0}})
    for (unsigned i = 0; i < 64; i += 8) payload.push_back(static_cast<std::byte>(n >> i));
  auto last = window::load(support::with_payload(window().save(), payload));
  REQUIRE(last);
  for (const double x : {1.0, 2.0, 3.0}) last->update(x);
  const auto back = window::load(last->save());
  REQUIRE(back);
  CHECK(back->get<mr::sum>() == 5);
}

TEST_CASE("a loaded window that says to have 2^62 items is saved in the time of those that matter") {
  using window = mr::windowed<mr::sliding_count<0>, mr::aggregate<mr::min, mr::max>>;
  constexpr std::uint64_t many = std::uint64_t{1} << 62;
  std::vector<std::byte> payload;
  for (const std::uint64_t n : {many, std::uint64_t{0}, std::uint64_t{0}, many, std::uint64_t{2}, std::uint64_t{5},
                                std::bit_cast<std::uint64_t>(3.0), many - 1, std::bit_cast<std::uint64_t>(2.0)})
    for (unsigned i = 0; i < 64; i += 8) payload.push_back(static_cast<std::byte>(n >> i));
  const auto bytes = support::with_payload(window(1).save(), payload);
  auto last = window::load(bytes);
  REQUIRE(last);
  CHECK(last->get<mr::max>() == 3);
  CHECK(last->save() == bytes);
  last->update(1);
  CHECK(last->get<mr::min>() == 1);
}

TEST_CASE("a saved window of another width or kind is refused, with both named") {
  mr::windowed<mr::sliding_count<3>, mr::aggregate<mr::sum>> three;
  three.update(1);
  const auto bytes = three.save();
  const auto other = mr::windowed<mr::sliding_count<4>, mr::aggregate<mr::sum>>::load(bytes);
  REQUIRE_FALSE(other.has_value());
  CHECK(other.error().message() == "windows of different width: the other has 3, this one 4");
  const auto least = mr::windowed<mr::sliding_count<3>, mr::aggregate<mr::min>>::load(bytes);
  REQUIRE_FALSE(least.has_value());
  CHECK(least.error().code() == mr::errc::type_mismatch);
  // The items of one aggregate do for another that keeps items.
  const auto mean = mr::windowed<mr::sliding_count<3>, mr::aggregate<mr::mean>>::load(bytes);
  REQUIRE(mean.has_value());
  CHECK(mean->get<mr::mean>() == 1);
}

TEST_CASE("no single update of a worst_case window combines more than a few partial aggregates") {
  struct counted {
    static int& combinations() {
      static int n = 0;
      return n;
    }
    double total = 0;
    void update(double x) { total += x; }
    void merge(const counted& other) {
      total += other.total;
      ++combinations();
    }
    std::vector<std::byte> save() const { return {}; }
    static mr::result<counted> load(std::span<const std::byte>) { return counted{}; }
  };
  mr::windowed<mr::sliding_count<1000, mr::worst_case>, counted> window;
  int most = 0;
  for (int i = 0; i < 20'000; ++i) {
    const int before = counted::combinations();
    window.update(i);
    (void)window.value();
    most = (std::max)(most, counted::combinations() - before);
  }
  CHECK(most <= 5);
}

namespace {

/// `A`: what the window keeps.
template <class A, class W>
void check_golden(const std::string& name, W window) {
  const auto stream = support::golden_stream();
  window.update(std::span<const double>(stream).first(100));
  window.update(std::numeric_limits<double>::quiet_NaN());
  window.update(std::numeric_limits<double>::infinity());
  for (std::size_t i = 100; i < 130; ++i) window.update(stream[i]);
  auto back = support::from_golden("aggregate/" + name + ".bin", window);
  CHECK(back.size() == 40);
  CHECK(back.value().skipped() == 1);
  CHECK(support::agree<A>(back.value(), window.value(), 100));
  window.update(7);
  back.update(7);
  CHECK(back.save() == window.save());
}

}  // namespace

TEST_CASE("windows by count keep their saved form: golden bytes give the same answers and the same bytes") {
  using both = mr::aggregate<mr::min, mr::max>;
  check_golden<usual>("sliding_count_items", last_items<usual>(40));
  check_golden<usual>("sliding_count_items", last_items<usual, mr::worst_case>(40));  // items are items
  check_golden<both>("sliding_count_extremes", last_items<both>(40));
  check_golden<mr::aggregate<mr::min>>("sliding_count_least", last_items<mr::aggregate<mr::min>>(40));
  check_golden<mr::aggregate<mr::max>>("sliding_count_greatest", last_items<mr::aggregate<mr::max>>(40));

  last_items<mr::aggregate<mr::covariance>> pairs(20);
  const auto stream = support::golden_stream();
  for (std::size_t i = 0; i < 50; ++i) pairs.update({stream[i], stream[i + 1]});
  auto back = support::from_golden("aggregate/sliding_count_pairs.bin", pairs);
  CHECK(back.get<mr::covariance>() == Approx(pairs.get<mr::covariance>()).epsilon(1e-13));
}

TEST_CASE("a window by count is fed a list, and reset") {
  mr::windowed<mr::sliding_count<3>, mr::aggregate<mr::mean>> recent;
  CHECK(recent.empty());
  recent.update({1.0, 2.0, 3.0, 4.0});
  CHECK(recent.get<mr::mean>() == 3);
  recent.reset();
  CHECK(recent.empty());
  recent.update(7);
  CHECK(recent.get<mr::mean>() == 7);
}
