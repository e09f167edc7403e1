#include <millrace/infer/serving/warm_up.hpp>

#include <support/catch.hpp>
#include <support/serving.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace mi = millrace::infer;
namespace mm = millrace::model;
namespace mr = millrace;

namespace {

constexpr std::array<float, 4> numbers{1, 2, 3, 4};

/// Takes 1 ms, then 100 us less each time, down to 500 us.
struct warming {
  support::virtual_time* time;
  mutable std::uint64_t next = 1'000'000;
  mutable std::size_t rows = 0;
  std::size_t inputs() const noexcept { return 2; }
  std::size_t outputs() const noexcept { return 3; }
  void predict(std::span<const float>, std::span<double> out) const noexcept {
    out[2] = 1;
    ++rows;
  }
  void predict(const mm::matrix_view&, std::span<double> out) const noexcept {
    out[5] = 1;
    time->now += next;
    next -= next > 500'000 ? 100'000 : 0;
  }
};

}  // namespace

TEST_CASE("warm_up: a model runs until it becomes no faster") {
  support::virtual_time time;
  const warming model{&time};
  const auto warm = mi::warm_up(model, mm::matrix_view(numbers, 2), {}, support::virtual_clock{&time});
  REQUIRE(warm);
  CHECK(warm->first.nanoseconds == 1'000'000);
  CHECK(warm->fastest.nanoseconds == 500'000);
  CHECK(warm->runs == 11);
  CHECK(model.rows == 22);
  const auto brief = mi::warm_up(model, mm::matrix_view(numbers, 2), {.max_runs = 2}, support::virtual_clock{&time});
  CHECK(brief->runs == 2);
}

TEST_CASE("warm_up: rows that the model does not take are an error") {
  const support::adder model;
  const auto none = mi::warm_up(model, mm::matrix_view(numbers.data(), 0, 2));
  REQUIRE_FALSE(none);
  CHECK(none.error().code() == mr::errc::invalid_argument);
  const auto wide = mi::warm_up(model, mm::matrix_view(numbers, 4));
  REQUIRE_FALSE(wide);
  CHECK(wide.error().message() == "the warm-up's rows have 4 columns, the model takes 2");
  CHECK(mi::warm_up(model, mm::matrix_view(numbers, 2))->runs >= 3);
}

namespace {

/// Counts how often it was asked to choose its kernels.
struct choosing {
  int* chosen;
  std::size_t inputs() const noexcept { return 2; }
  std::size_t outputs() const noexcept { return 1; }
  void predict(std::span<const float>, std::span<double>) const noexcept {}
  void predict(const mm::matrix_view&, std::span<double>) const noexcept {}
  template <mr::clock_policy Clock = mr::steady_clock>
  void calibrate_kernels(const mm::matrix_view&, const Clock& = {}) {
    ++*chosen;
  }
};

}  // namespace

TEST_CASE("warm_up: a model that the caller may change chooses its kernels first, a constant one stays") {
  static_assert(mi::calibrates_kernels<choosing> && !mi::calibrates_kernels<support::adder>);
  int chosen = 0;
  choosing model{&chosen};
  REQUIRE(mi::warm_up(model, mm::matrix_view(numbers, 2)));
  CHECK(chosen == 1);
  const choosing fixed{&chosen};
  REQUIRE(mi::warm_up(fixed, mm::matrix_view(numbers, 2)));
  CHECK(chosen == 1);
  CHECK_FALSE(mi::warm_up(model, mm::matrix_view(numbers, 4)));
  CHECK(chosen == 1);
}
