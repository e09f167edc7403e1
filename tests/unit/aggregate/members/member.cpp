#include <millrace/aggregate/members/member.hpp>

#include <support/catch.hpp>

#include <millrace/aggregate/members/pairs.hpp>

#include <support/aggregate.hpp>

#include <cmath>
#include <span>
#include <type_traits>
#include <vector>

namespace mr = millrace;

namespace {

/// A member of one's own that stands on others.
struct coefficient_of_variation {
  using needs = mr::members<mr::stddev, mr::mean>;
  static double value(const auto& a) { return a.template get<mr::stddev>() / a.template get<mr::mean>(); }
};

/// A member of one's own with a state: how often the stream changes its sign.
struct sign_changes {
  template <class T>
  struct state {
    static constexpr bool commutative = false;
    double first = 0, last = 0;
    std::uint64_t changes = 0;

    void update(T x) {
      if (x == 0) return;
      if (first == 0)
        first = x;
      else if ((x > 0) != (last > 0))
        ++changes;
      last = x;
    }
    void merge(const state& later) {
      if (later.first == 0) return;
      if (first == 0) {
        *this = later;
        return;
      }
      changes += later.changes + ((last > 0) != (later.first > 0) ? 1U : 0U);
      last = later.last;
    }
    void save(mr::envelope_writer& to) const {
      to.f64(first);
      to.f64(last);
      to.u64(changes);
    }
    bool load(mr::envelope_reader& from) {
      first = from.f64();
      last = from.f64();
      changes = from.u64();
      return first == first && last == last;
    }
  };
  static std::uint64_t value(const auto& a) { return a.template state<sign_changes>().changes; }
};

template <class... Ms>
using resolved = mr::detail::resolved<double, Ms...>;

}  // namespace

TEST_CASE("each state is kept once, and only the highest moments") {
  STATIC_REQUIRE(std::is_same_v<resolved<mr::mean>, mr::members<mr::moments<1>>>);
  STATIC_REQUIRE(std::is_same_v<resolved<mr::mean, mr::variance, mr::stddev>, mr::members<mr::moments<2>>>);
  STATIC_REQUIRE(std::is_same_v<resolved<mr::kurtosis, mr::mean, mr::skewness>, mr::members<mr::moments<4>>>);
  STATIC_REQUIRE(std::is_same_v<resolved<mr::count>, mr::members<>>);
  STATIC_REQUIRE(std::is_same_v<resolved<mr::range, mr::max>, mr::members<mr::min, mr::max>>);
  STATIC_REQUIRE(std::is_same_v<resolved<coefficient_of_variation, mr::variance>, mr::members<mr::moments<2>>>);
}

TEST_CASE("an aggregate is about pairs if a member is") {
  STATIC_REQUIRE(std::is_same_v<mr::detail::sample_of<mr::mean, mr::count>::type, double>);
  STATIC_REQUIRE(std::is_same_v<mr::detail::sample_of<mr::covariance, mr::count>::type, mr::xy>);
}

TEST_CASE("a member of one's own stands on others") {
  mr::aggregate<coefficient_of_variation> a;
  for (const double x : {2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0}) a.update(x);
  CHECK(a.get<coefficient_of_variation>() == Approx(std::sqrt(32.0 / 7) / 5));
  CHECK(a.get<mr::population_stddev>() == 2);
}

TEST_CASE("a member of one's own keeps a state beside the others, with all laws") {
  using mine = mr::aggregate<mr::mean, sign_changes, mr::max>;
  STATIC_REQUIRE_FALSE(mine::commutative);
  STATIC_REQUIRE_FALSE(mine::fusable);
  STATIC_REQUIRE_FALSE(mr::weighted_aggregator_of<mine, double>);
  const auto same = [](const mine& a, const mine& b) {
    support::same_answers(a, b);
    CHECK(a.get<sign_changes>() == b.get<sign_changes>());
  };
  for (const auto& stream : laws::streams(3000, 1)) laws::all([] { return mine(); }, stream, same, 2);
  mine a;
  a.update(std::span<const double>(laws::streams(60, 1)[0]));
  laws::hostile_bytes(a, support::use<mine>);
}
