#include <millrace/aggregate/concepts.hpp>

#include <support/catch.hpp>

#include <millrace/aggregate/envelope.hpp>

#include <laws/aggregator.hpp>
#include <support/envelope.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace mr = millrace;

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
