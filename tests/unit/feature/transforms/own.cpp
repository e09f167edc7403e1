#include <millrace/feature/transforms/own.hpp>

#include <millrace/feature.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mr = millrace;
namespace mf = millrace::feature;

namespace {

struct reading {
  std::optional<double> value;
  std::string text;
};

/// The root and the square: a transform of two columns, without a result below 0.
struct powers {
  static constexpr std::string_view kind = "powers";
  static constexpr std::size_t width = 2;
  bool write(double x, std::span<float> out) const noexcept {
    out[0] = static_cast<float>(std::sqrt(x));
    out[1] = static_cast<float>(x * x);
    return x >= 0;
  }
};
struct length {
  static constexpr std::string_view kind = "length";
  static constexpr std::size_t width = 1;
  void write(std::string_view text, std::span<float> out) const noexcept { out[0] = static_cast<float>(text.size()); }
};
/// The number less the greatest one that was seen.
struct below_greatest {
  static constexpr std::string_view kind = "below_greatest";
  static constexpr std::size_t width = 1;
  struct learner {
    double greatest = -std::numeric_limits<double>::infinity();
    void update(double x) { greatest = std::fmax(greatest, x); }
    void merge(const learner& other) { update(other.greatest); }
  };
  double greatest = std::numeric_limits<double>::quiet_NaN();

  void write(double x, std::span<float> out) const noexcept { out[0] = static_cast<float>(x - greatest); }
  const char* fit(const learner& seen) noexcept {
    greatest = seen.greatest;
    return std::isinf(greatest) ? "no finite value" : nullptr;
  }
  bool ready() const noexcept { return !std::isnan(greatest); }
  void save(mr::envelope_writer& to) const { to.f64(greatest); }
  bool load(mr::envelope_reader& from) noexcept { return !std::isinf(greatest = from.f64()); }
};

auto all() {
  return mf::features<reading>(mf::own<"p">(&reading::value, powers{}, mf::outside(mf::fill(-1))),
                               mf::own<"n">(&reading::text, length{}),
                               mf::own<"g">(&reading::value, below_greatest{}, mf::missing(mf::flag(0))));
}

}  // namespace

TEST_CASE("a transform of one's own writes its columns, under the rules of all") {
  auto features = all();
  CHECK_FALSE(features.fitted());
  const std::vector<reading> seen{{4.0, "a"}, {9.0, ""}, {{}, "abc"}};
  REQUIRE(features.fit(seen));
  CHECK(features.names() == std::vector<std::string>{"p#0", "p#1", "n", "g", "g.missing"});
  CHECK(features.schema() == "p: powers(2), outside fill; n: length(1); g: below_greatest(1), missing fill and flag");
  float row[features.width];
  features(seen[0], row);
  CHECK((row[0] == 2 && row[1] == 16 && row[2] == 1 && row[3] == -5 && row[4] == 0));
  features({-3, "xy"}, row);
  CHECK((row[0] == -1 && row[1] == -1 && row[3] == -12));
  features(seen[2], row);
  CHECK((std::isnan(row[0]) && std::isnan(row[1]) && row[2] == 3 && row[3] == 0 && row[4] == 1));
}

TEST_CASE("a transform of one's own is saved and loaded, and merged") {
  auto features = all();
  auto first = features.learn();
  auto second = features.learn();
  first.update(reading{4.0, "a"});
  second.update(reading{7.0, "b"});
  first.merge(second);
  REQUIRE(features.fit(first));
  const auto back = all().load(features.save());
  REQUIRE(back);
  float row[features.width];
  (*back)({5, "a"}, row);
  CHECK(row[3] == -2);
  CHECK(back->save() == features.save());
  const auto empty = all().learn();
  auto again = all();
  CHECK_FALSE(again.fit(empty));
  auto none = all().learn();
  none.update(reading{{}, "a"});
  CHECK_THAT(again.fit(none).error().message(), ContainsSubstring("feature \"g\": no finite value"));
}
