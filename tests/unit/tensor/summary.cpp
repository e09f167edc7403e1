#include <millrace/tensor/summary.hpp>

#include <support/catch.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace mr = millrace;

namespace {

template <class T>
mr::tensor::tensor_view flat(const std::vector<T>& values) {
  return mr::tensor::basic_tensor_view(values.data(), mr::tensor::tensor_shape{values.size()});
}

}  // namespace

TEST_CASE("a summary of integers is exact, for every length and integer type") {
  for (const mr::tensor::dtype type : mr::tensor::all_dtypes)
    mr::tensor::visit_dtype(type, [&](auto tag) {
      using element = typename decltype(tag)::type;
      if constexpr (std::is_integral_v<element> && !std::is_same_v<element, bool>) {
        for (std::size_t count = 1; count < 3000; count += count < 40 ? 1 : 333) {
          std::vector<element> values(count);
          double sum = 0, squares = 0, low = 1e9, high = -1e9;
          for (std::size_t i = 0; i < count; ++i) {
            values[i] = static_cast<element>(i * 37 % 101);
            if (std::is_signed_v<element> && i % 3 == 0) values[i] = static_cast<element>(-values[i]);
            const auto x = static_cast<double>(values[i]);
            sum += x;
            squares += x * x;
            low = std::fmin(low, x);
            high = std::fmax(high, x);
          }
          const mr::tensor::tensor_summary s = mr::tensor::summarize(flat(values));
          REQUIRE(s.count == count);
          REQUIRE(s.finite_count() == count);
          REQUIRE(s.low == low);
          REQUIRE(s.high == high);
          REQUIRE(s.mean == sum / static_cast<double>(count));
          REQUIRE(s.l2_norm == std::sqrt(squares));
          REQUIRE(s.max_abs() == std::fmax(-low, high));
        }
      }
    });
}

TEST_CASE("a summary of floats leaves out what is not finite, and says what and where") {
  std::vector<float> values(5000, 2.0F);
  values[10] = -3.0F;
  values[4999] = 7.5F;
  values[1500] = std::numeric_limits<float>::infinity();
  values[1600] = std::numeric_limits<float>::quiet_NaN();
  values[3000] = std::numeric_limits<float>::quiet_NaN();
  const mr::tensor::tensor_summary s = mr::tensor::summarize(flat(values));
  CHECK(s.count == 5000);
  CHECK(s.nan_count == 2);
  CHECK(s.infinity_count == 1);
  REQUIRE(s.first_non_finite);
  CHECK(s.first_non_finite->index == 1500);
  CHECK(s.low == -3.0);
  CHECK(s.high == 7.5);
  CHECK(s.mean == Approx((4995 * 2.0 - 3.0 + 7.5) / 4997).epsilon(1e-15));
  CHECK(s.l2_norm == Approx(std::sqrt(4995 * 4.0 + 9.0 + 56.25)).epsilon(1e-15));
}

TEST_CASE("without a finite element the numbers are NaN and the norm is zero") {
  const mr::tensor::tensor_summary none = mr::tensor::summarize(flat(std::vector<float>()));
  CHECK(none.count == 0);
  CHECK(std::isnan(none.low));
  CHECK(std::isnan(none.mean));
  CHECK(none.l2_norm == 0);
  const mr::tensor::tensor_summary nan =
      mr::tensor::summarize(flat(std::vector<double>(3, std::numeric_limits<double>::quiet_NaN())));
  CHECK(nan.nan_count == 3);
  CHECK(std::isnan(nan.high));
}

TEST_CASE("halves, booleans and strided views are summarized as what they stand for") {
  const std::vector<mr::tensor::float16> half = {mr::tensor::float16(1.5F), mr::tensor::float16(-2.0F),
                                                 mr::tensor::float16(0x1p-24F)};
  const mr::tensor::tensor_summary h = mr::tensor::summarize(flat(half));
  CHECK(h.low == -2.0);
  CHECK(h.high == 1.5);
  CHECK(h.mean == (1.5 - 2.0 + 0x1p-24) / 3);
  const std::vector<mr::tensor::bfloat16> brain = {mr::tensor::bfloat16(3.0F), mr::tensor::bfloat16::from_bits(0x7fc0)};
  CHECK(mr::tensor::summarize(flat(brain)).nan_count == 1);
  CHECK(mr::tensor::summarize(flat(brain)).mean == 3.0);
  const bool bits[] = {true, false, true, true};
  CHECK(mr::tensor::summarize(mr::tensor::basic_tensor_view(&bits[0], mr::tensor::tensor_shape{4})).mean == 0.75);
  std::vector<double> values(40, 1e300);
  values[0] = values[10] = values[20] = 1;
  CHECK(mr::tensor::summarize(
            mr::tensor::basic_tensor_view(values.data(), mr::tensor::tensor_layout(mr::tensor::tensor_shape{3}, {10})))
            .mean == 1);
}

TEST_CASE("norm and mean hold where squares and sums leave the range of double") {
  const mr::tensor::tensor_summary huge = mr::tensor::summarize(flat(std::vector<double>(4, -1e300)));
  CHECK(huge.l2_norm == Approx(2e300));
  CHECK(huge.mean == Approx(-1e300));
  const double most = std::numeric_limits<double>::max();
  CHECK(mr::tensor::summarize(flat(std::vector<double>(3, most))).mean == Approx(most));
  CHECK(mr::tensor::summarize(flat(std::vector<double>(9, 1e-200))).l2_norm == Approx(3e-200));
  const double least = std::numeric_limits<double>::denorm_min();
  CHECK(mr::tensor::summarize(flat(std::vector<double>(16, least))).l2_norm == 4 * least);
  const std::vector<double> with_nan = {1e300, std::numeric_limits<double>::quiet_NaN(), 1e300};
  CHECK(mr::tensor::summarize(flat(with_nan)).l2_norm == Approx(std::sqrt(2.0) * 1e300));
}

TEST_CASE("sums are the same on every CPU, to the last bit") {
  std::vector<float> values(1024);
  std::vector<double> wide(1024);
  std::uint32_t state = 7;
  for (std::size_t i = 0; i < values.size(); ++i) {
    state = state * 1664525U + 1013904223U;
    values[i] = static_cast<float>(state) / 3e9F - 0.4F;
    wide[i] = static_cast<double>(state) / 3e9 - 0.4;
  }
  const auto same = [](const mr::tensor::detail::block_sums& a, const mr::tensor::detail::block_sums& b) {
    CHECK(a.sum == b.sum);
    CHECK(a.squares == b.squares);
    CHECK(a.low == b.low);
    CHECK(a.high == b.high);
  };
  same(mr::tensor::detail::sum_block(values.data(), 1024), mr::tensor::detail::sum_block_baseline(values.data(), 1024));
  same(mr::tensor::detail::sum_block(wide.data(), 1024), mr::tensor::detail::sum_block_baseline(wide.data(), 1024));
}

TEST_CASE("the first element outside a range is found, and NaN is outside of all") {
  std::vector<float> values(3000, 0.5F);
  CHECK_FALSE(mr::tensor::find_out_of_range(flat(values), 0, 1));
  CHECK_FALSE(mr::tensor::find_out_of_range(flat(values), 0.5, 0.5));
  values[2500] = 1.5F;
  const auto found = mr::tensor::find_out_of_range(flat(values), 0, 1);
  REQUIRE(found);
  CHECK(found->index == 2500);
  CHECK(found->position == mr::tensor::tensor_position{2500});
  CHECK(found->value == 1.5);
  values[2400] = std::numeric_limits<float>::quiet_NaN();
  CHECK(mr::tensor::find_out_of_range(flat(values), -1e30, 1e30)->index == 2400);
  values[2400] = -std::numeric_limits<float>::infinity();
  CHECK(mr::tensor::find_out_of_range(flat(values), -1e30, 1e30)->index == 2400);
  CHECK_FALSE(mr::tensor::find_out_of_range(flat(std::vector<std::int32_t>()), 1, 0));
}
