#ifndef MILLRACE_TESTS_LAWS_AGGREGATOR_HPP
#define MILLRACE_TESTS_LAWS_AGGREGATOR_HPP

// The laws of aggregate/concepts.hpp as tests, for every aggregator.
//
// A test brings its own maker (`make()` answers an empty aggregator with its parameters), its items, and
// `same(a, b)`: a function that CHECKs all queries of a and b against each other, within the error that the
// aggregator states (to the bit where it states none).

#include <millrace/aggregate/concepts.hpp>
#include <millrace/core/seed.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <utility>
#include <vector>

namespace laws {

namespace mr = millrace;

/// Equal within `relative`, or both NaN, or the same infinity.
inline bool close(double a, double b, double relative) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  if (a == b) return true;
  return std::fabs(a - b) <= relative * std::fmax(std::fabs(a), std::fabs(b));
}

/// For aggregators that are the same only if their bytes are.
inline constexpr auto same_bytes = [](const auto& a, const auto& b) { CHECK(a.save() == b.save()); };

/// The streams that break aggregates: mixed signs, one sign, tiny, huge offset, constant, sorted, reversed,
/// equal pairs, one item, none.
inline std::vector<std::vector<double>> streams(std::size_t size, std::uint64_t seed) {
  mr::random_engine random(seed);
  std::vector<std::vector<double>> made(10);
  for (std::size_t i = 0; i < size; ++i) {
    made[0].push_back(random.normal());
    made[1].push_back(std::exp(random.normal()));
    made[2].push_back(1e-200 * random.uniform());
    made[3].push_back(1e7 + 0.1 * random.normal());
    made[4].push_back(-3.25);
    made[5].push_back(static_cast<double>(i) - 17);
    made[6].push_back(1000 - static_cast<double>(i));
    made[7].push_back(static_cast<double>(random.below(5)));
  }
  made[8].push_back(-7.5);
  return made;
}

template <class A, class X>
void feed(A& a, std::span<const X> items) {
  for (const X& x : items) (void)a.update(x);
}

/// load(save(a)) is a.
template <class A, class Same>
void save_and_load(const A& a, Same&& same) {
  const auto bytes = a.save();
  auto back = A::load(bytes);
  REQUIRE(back.has_value());
  CHECK(back->save() == bytes);
  same(a, *back);
}

/// ... and has the same future.
template <class A, class X, class Same>
void save_and_go_on(A a, std::span<const X> more, Same&& same) {
  auto back = A::load(a.save());
  REQUIRE(back.has_value());
  feed(a, more);
  feed(*back, more);
  CHECK(back->save() == a.save());
  same(a, *back);
}

/// Every truncation, every single-bit flip and every byte appended answers an error or an object that
/// works: `use(a)` updates, queries, merges and saves it. Run it under the sanitizers.
template <class A, class Use>
void hostile_bytes(const A& a, Use&& use) {
  const auto bytes = a.save();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    // A copy of exactly that size, so that reading on is seen.
    const std::vector<std::byte> cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    if (auto loaded = A::load(cut)) use(*loaded);
  }
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    auto flipped = bytes;
    flipped[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    if (auto loaded = A::load(flipped)) use(*loaded);
  }
  auto longer = bytes;
  longer.push_back(std::byte{0});
  if (auto loaded = A::load(longer)) use(*loaded);
  CHECK_FALSE(A::load({}).has_value());
}

/// Like `hostile_bytes`, on bytes whose checksum is right: `reseal` repairs it, so that the type's own
/// conditions are what stands between the bytes and the object.
template <class A, class Reseal, class Use>
void hostile_payload(const A& a, Reseal&& reseal, Use&& use, std::uint64_t seed, std::size_t rounds) {
  mr::random_engine random(seed);
  const auto bytes = a.save();
  const double extreme[] = {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(), -1.0,
                            1e308, -0.0};
  for (std::size_t round = 0; round < rounds; ++round) {
    auto changed = bytes;
    const std::size_t changes = 1 + random.below(3);
    for (std::size_t i = 0; i < changes; ++i) {
      const std::size_t at = random.below(changed.size());
      switch (random.below(4)) {
        case 0: changed[at] = static_cast<std::byte>(random()); break;
        case 1: changed[at] = std::byte{0xff}; break;
        case 2: changed[at] ^= static_cast<std::byte>(1U << random.below(8)); break;
        default:
          if (at + 8 <= changed.size()) __builtin_memcpy(changed.data() + at, &extreme[random.below(5)], 8);
      }
    }
    reseal(changed);
    if (auto loaded = A::load(changed)) use(*loaded);
  }
}

/// update(span) is the updates one by one, however the span is cut.
template <class Make, class X, class Same>
void span_is_singles(Make&& make, std::span<const X> items, Same&& same, std::uint64_t seed) {
  auto singles = make();
  feed(singles, items);
  auto whole = make();
  (void)whole.update(items);
  same(singles, whole);
  mr::random_engine random(seed);
  auto pieces = make();
  for (std::span<const X> left = items; !left.empty();) {
    const std::size_t now = 1 + random.below(left.size());
    (void)pieces.update(left.first(now));
    left = left.subspan(now);
  }
  same(singles, pieces);
}

/// Empty is neutral on both sides, merging is associative, and commutative if its traits say so; and a stream
/// in `parts` parts merges to the stream in one.
template <class Make, class X, class Same>
void merging(Make&& make, std::span<const X> items, Same&& same, std::size_t parts = 7) {
  const auto of = [&](std::span<const X> some) {
    auto made = make();
    feed(made, some);
    return made;
  };
  using aggregate = decltype(make());
  const auto joined = [](aggregate into, const aggregate& other) {
    (void)into.merge(other);
    return into;
  };
  const aggregate all = of(items);
  same(all, joined(all, make()));
  same(all, joined(make(), all));

  const std::size_t third = items.size() / 3;
  const aggregate a = of(items.first(third));
  const aggregate b = of(items.subspan(third, third));
  const aggregate c = of(items.subspan(2 * third));
  same(joined(joined(a, b), c), joined(a, joined(b, c)));
  if constexpr (mr::aggregator_traits<aggregate>::commutative) same(joined(a, b), joined(b, a));
  if constexpr (mr::aggregator_traits<aggregate>::idempotent) same(joined(a, a), a);

  aggregate merged = make();
  for (std::size_t i = 0; i < parts; ++i) {
    const std::size_t begin = items.size() * i / parts;
    const std::size_t end = items.size() * (i + 1) / parts;
    (void)merged.merge(of(items.subspan(begin, end - begin)));
  }
  same(all, merged);
}

/// What was moved from is as freshly made, by construction and by assignment, and goes on as such; moving an object to
/// itself changes nothing. `feed(a, n)` updates `a` with n items.
template <class Make, class Feed>
void moving(Make&& make, Feed&& feed) {
  const auto none = make().save();
  auto few = make();
  feed(few, 10);
  auto a = make();
  feed(a, 1000);
  const auto all = a.save();
  const auto is_new = [&](auto& moved_from) {
    CHECK(moved_from.save() == none);
    feed(moved_from, 10);
    CHECK(moved_from.save() == few.save());
  };
  auto b = std::move(a);
  CHECK(b.save() == all);
  is_new(a);
  auto& self = b;
  b = std::move(self);
  CHECK(b.save() == all);
  a = std::move(b);
  CHECK(a.save() == all);
  is_new(b);
}

/// All of the above on one stream.
template <class Make, class X, class Same>
void all(Make&& make, const std::vector<X>& items, Same&& same, std::uint64_t seed) {
  const std::span<const X> span(items);
  merging(make, span, same);
  if constexpr (mr::span_aggregator_of<decltype(make()), X>) span_is_singles(make, span, same, seed);
  auto a = make();
  feed(a, span);
  save_and_load(a, same);
  save_and_go_on(a, span.first(span.size() / 2), same);
  save_and_load(make(), same);
}

}  // namespace laws

#endif  // MILLRACE_TESTS_LAWS_AGGREGATOR_HPP
