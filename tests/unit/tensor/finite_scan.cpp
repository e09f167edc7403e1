#include <millrace/tensor/finite_scan.hpp>

#include <support/catch.hpp>

#include <bit>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

namespace mr = millrace;

namespace {

constexpr float nan32 = std::numeric_limits<float>::quiet_NaN();
constexpr float inf32 = std::numeric_limits<float>::infinity();

template <class T>
mr::tensor::tensor_view flat(const std::vector<T>& values) {
  return mr::tensor::basic_tensor_view(values.data(), mr::tensor::tensor_shape{values.size()});
}

/// The bit patterns that a scan might confuse: per dtype, finite extremes and the least non-finite.
struct patterns {
  mr::tensor::dtype type;
  std::uint64_t largest, infinity, least_nan, sign;
};
const patterns formats[] = {{mr::tensor::dtype::f32, 0x7f7f'ffffU, 0x7f80'0000U, 0x7f80'0001U, 0x8000'0000U},
                            {mr::tensor::dtype::f64, 0x7fef'ffff'ffff'ffffU, 0x7ff0'0000'0000'0000U,
                             0x7ff0'0000'0000'0001U, 0x8000'0000'0000'0000U},
                            {mr::tensor::dtype::f16, 0x7bffU, 0x7c00U, 0x7c01U, 0x8000U},
                            {mr::tensor::dtype::bf16, 0x7f7fU, 0x7f80U, 0x7f81U, 0x8000U}};

}  // namespace

TEST_CASE("the first NaN or infinity is found wherever it stands, for every length and format") {
  for (const patterns& format : formats) {
    const std::size_t size = mr::tensor::size_of(format.type);
    for (std::size_t count = 1; count <= 300; count += count < 70 ? 1 : 23) {
      std::vector<unsigned char> bytes(count * size);
      const auto put = [&](std::size_t i, std::uint64_t bits) { __builtin_memcpy(&bytes[i * size], &bits, size); };
      for (std::size_t i = 0; i < count; ++i) put(i, i % 2 == 0 ? format.largest : format.largest | format.sign);
      const mr::tensor::tensor_view view(format.type, bytes.data(), mr::tensor::tensor_layout::row_major({count}));
      REQUIRE(mr::tensor::all_finite(view));
      for (std::size_t i = 0; i < count; ++i) {
        const bool negative = i % 3 == 0;
        put(i, format.infinity | (negative ? format.sign : 0));
        const auto infinite = mr::tensor::find_non_finite(view);
        REQUIRE(infinite);
        REQUIRE_FALSE(mr::tensor::all_finite(view));
        REQUIRE(infinite->index == i);
        REQUIRE(infinite->kind ==
                (negative ? mr::tensor::non_finite_kind::negative_infinity : mr::tensor::non_finite_kind::infinity));
        put(i, format.least_nan | (negative ? format.sign : 0));
        const auto not_a_number = mr::tensor::find_non_finite(view);
        REQUIRE(not_a_number);
        REQUIRE_FALSE(mr::tensor::all_finite(view));
        REQUIRE(not_a_number->index == i);
        REQUIRE(not_a_number->kind == mr::tensor::non_finite_kind::nan);
        put(i, format.largest);
      }
    }
  }
}

TEST_CASE("whether all is finite is what finding says, in every block and with axes of any order") {
  std::vector<float> values(3 * 4096 + 5, 1.0F);
  const auto clean = [&] {
    const mr::tensor::tensor_view row = flat(values);
    const mr::tensor::tensor_view columns = mr::tensor::basic_tensor_view(
        std::as_const(values).data(), mr::tensor::tensor_layout::column_major({values.size() / 7, 7}));
    REQUIRE(mr::tensor::all_finite(row) == !mr::tensor::find_non_finite(row));
    REQUIRE(mr::tensor::all_finite(columns) == !mr::tensor::find_non_finite(columns));
    return mr::tensor::all_finite(row);
  };
  CHECK(clean());
  for (const std::size_t i :
       {std::size_t{0}, std::size_t{4095}, std::size_t{4096}, std::size_t{8191}, values.size() - 1}) {
    values[i] = i % 2 == 0 ? nan32 : -inf32;
    CHECK_FALSE(clean());
    values[i] = 1.0F;
  }
}

TEST_CASE("a find names its place by flat index and by position") {
  std::vector<float> values(6 * 4096, 1.0F);
  values[5 * 4096 + 17] = -inf32;
  values[5 * 4096 + 18] = nan32;
  const auto row =
      mr::tensor::find_non_finite(mr::tensor::basic_tensor_view(values.data(), mr::tensor::tensor_shape{6, 4096}));
  REQUIRE(row);
  CHECK(row->index == 5 * 4096 + 17);
  CHECK(row->position == mr::tensor::tensor_position{5, 17});
  CHECK(mr::tensor::to_string(row->kind) == "-Infinity");
  const auto column = mr::tensor::find_non_finite(
      mr::tensor::basic_tensor_view(values.data(), mr::tensor::tensor_layout::column_major({4096, 6})));
  REQUIRE(column);
  CHECK(column->index == 5 * 4096 + 17);
  CHECK(column->position == mr::tensor::tensor_position{17, 5});
}

TEST_CASE("only the elements of a strided view count, not what lies between them") {
  std::vector<float> values(100, nan32);
  for (std::size_t r = 0; r < 3; ++r)
    for (std::size_t c = 0; c < 4; ++c) values[r * 20 + c * 2] = 1.0F;
  const mr::tensor::tensor_view clean =
      mr::tensor::basic_tensor_view(values.data(), mr::tensor::tensor_layout(mr::tensor::tensor_shape{3, 4}, {20, 2}));
  CHECK(mr::tensor::all_finite(clean));
  values[2 * 20 + 1 * 2] = inf32;
  const auto found = mr::tensor::find_non_finite(clean);
  REQUIRE(found);
  CHECK(found->position == mr::tensor::tensor_position{2, 1});
  CHECK(found->index == 9);

  std::vector<double> block(100, 2.0);  // columns 2..4, rows 3..6 of a 10 x 10 column-major matrix
  block[3 * 10 + 9] = std::numeric_limits<double>::quiet_NaN();
  const mr::tensor::tensor_view inner = mr::tensor::basic_tensor_view(
      block.data() + 23, mr::tensor::tensor_layout(mr::tensor::tensor_shape{4, 3}, {1, 10}));
  CHECK(mr::tensor::all_finite(inner));
  block[4 * 10 + 6] = std::numeric_limits<double>::quiet_NaN();
  CHECK(mr::tensor::find_non_finite(inner)->position == mr::tensor::tensor_position{3, 2});
}

TEST_CASE("NaNs and infinities are counted apart, across blocks") {
  std::vector<float> values(50'000, 0.5F);
  for (std::size_t i = 100; i < values.size(); i += 100) values[i] = i % 200 == 0 ? nan32 : -inf32;
  const mr::tensor::finite_report report = mr::tensor::scan_finite(flat(values));
  CHECK(report.nan_count == 249);
  CHECK(report.infinity_count == 250);
  CHECK(report.non_finite_count() == 499);
  REQUIRE(report.first);
  CHECK(report.first->index == 100);
  CHECK(report.first->kind == mr::tensor::non_finite_kind::negative_infinity);
}

TEST_CASE("integers, booleans, empty tensors and denormals are finite") {
  CHECK(mr::tensor::all_finite(flat(std::vector<std::int32_t>{-1, 0x7f80'0000})));
  CHECK(mr::tensor::all_finite(flat(std::vector<std::uint8_t>(33, 255))));
  CHECK(mr::tensor::all_finite(flat(std::vector<float>())));
  CHECK(mr::tensor::all_finite(flat(std::vector<float>(33, -std::numeric_limits<float>::denorm_min()))));
  CHECK(mr::tensor::scan_finite(flat(std::vector<std::int64_t>{-1})).non_finite_count() == 0);
}

TEST_CASE("the widest kernel and the portable one agree") {
  std::vector<unsigned char> bytes(4096 + 6);
  std::uint32_t state = 1;
  for (unsigned char& b : bytes) b = static_cast<unsigned char>((state = state * 1664525U + 1013904223U) >> 24);
  for (std::size_t length = 0; length + 6 <= bytes.size(); length += 38) {
    mr::tensor::detail::lane_maxima portable;
    std::size_t at = mr::tensor::detail::max_lanes_baseline(bytes.data() + 6, length, portable);
    for (; at < length; at += 2)
      portable.take(at / 2, static_cast<std::int16_t>((bytes[at + 6] | bytes[at + 7] << 8) & 0x7fff));
    const mr::tensor::detail::lane_maxima chosen = mr::tensor::detail::max_lanes(bytes.data() + 6, length);
    for (int lane = 0; lane < 4; ++lane) CHECK(chosen.lane[lane] == portable.lane[lane]);
  }
}
