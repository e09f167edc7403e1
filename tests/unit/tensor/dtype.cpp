#include <millrace/tensor/dtype.hpp>

#include <support/catch.hpp>

#include <Eigen/Core>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

namespace mr = millrace;

TEST_CASE("dtypes keep their numbers, names and sizes, which stand in files and logs") {
  struct row {
    mr::tensor::dtype type;
    int code;
    std::string name;
    std::size_t size;
  };
  const row rows[] = {{mr::tensor::dtype::f32, 1, "f32", 4},      {mr::tensor::dtype::f64, 2, "f64", 8},
                      {mr::tensor::dtype::f16, 3, "f16", 2},      {mr::tensor::dtype::bf16, 4, "bf16", 2},
                      {mr::tensor::dtype::i8, 5, "i8", 1},        {mr::tensor::dtype::i16, 6, "i16", 2},
                      {mr::tensor::dtype::i32, 7, "i32", 4},      {mr::tensor::dtype::i64, 8, "i64", 8},
                      {mr::tensor::dtype::u8, 9, "u8", 1},        {mr::tensor::dtype::u16, 10, "u16", 2},
                      {mr::tensor::dtype::u32, 11, "u32", 4},     {mr::tensor::dtype::u64, 12, "u64", 8},
                      {mr::tensor::dtype::boolean, 13, "bool", 1}};
  REQUIRE(std::size(rows) == std::size(mr::tensor::all_dtypes));
  for (const row& r : rows) {
    CHECK(static_cast<int>(r.type) == r.code);
    CHECK(mr::tensor::to_string(r.type) == r.name);
    CHECK(mr::tensor::size_of(r.type) == r.size);
    CHECK(mr::tensor::is_dtype(static_cast<std::uint8_t>(r.code)));
    mr::tensor::visit_dtype(r.type, [&](auto tag) {
      using element = typename decltype(tag)::type;
      CHECK(mr::tensor::dtype_of<element> == r.type);
      CHECK(sizeof(element) == r.size);
    });
  }
  CHECK_FALSE(mr::tensor::is_dtype(0));
  CHECK_FALSE(mr::tensor::is_dtype(14));
}

TEST_CASE("integers go by size and sign, and text is no number") {
  STATIC_REQUIRE(mr::tensor::dtype_of<long> == mr::tensor::dtype::i64);
  STATIC_REQUIRE(mr::tensor::dtype_of<long long> == mr::tensor::dtype::i64);
  STATIC_REQUIRE(mr::tensor::dtype_of<const unsigned> == mr::tensor::dtype::u32);
  STATIC_REQUIRE(mr::tensor::dtype_of<unsigned char> == mr::tensor::dtype::u8);
  STATIC_REQUIRE(!mr::tensor::tensor_element<char>);
  STATIC_REQUIRE(!mr::tensor::tensor_element<wchar_t>);
  STATIC_REQUIRE(!mr::tensor::tensor_element<long double>);
  STATIC_REQUIRE(!mr::tensor::tensor_element<std::string>);
}

// Reference for both halves: Eigen 3.4's conversions.

TEST_CASE("every float16 and bfloat16 becomes the float it stands for") {
  for (std::uint32_t bits = 0; bits < 0x10000U; ++bits) {
    const auto narrow = static_cast<std::uint16_t>(bits);
    const auto half = static_cast<float>(mr::tensor::float16::from_bits(narrow));
    const auto half_reference = static_cast<float>(Eigen::numext::bit_cast<Eigen::half>(narrow));
    if (std::isnan(half_reference))
      REQUIRE(std::isnan(half));
    else
      REQUIRE(std::bit_cast<std::uint32_t>(half) == std::bit_cast<std::uint32_t>(half_reference));
    const auto brain = static_cast<float>(mr::tensor::bfloat16::from_bits(narrow));
    const auto brain_reference = static_cast<float>(Eigen::numext::bit_cast<Eigen::bfloat16>(narrow));
    if (std::isnan(brain_reference))
      REQUIRE(std::isnan(brain));
    else
      REQUIRE(std::bit_cast<std::uint32_t>(brain) == std::bit_cast<std::uint32_t>(brain_reference));
    // ... and back again to the same bits.
    if (!std::isnan(half)) REQUIRE(mr::tensor::float16(half).bits == narrow);
    if (!std::isnan(brain)) REQUIRE(mr::tensor::bfloat16(brain).bits == narrow);
  }
}

TEST_CASE("floats round to the nearest float16 and bfloat16, ties to even") {
  std::uint32_t wrong = 0;
  const auto compare = [&](std::uint32_t bits) {
    const auto x = std::bit_cast<float>(bits);
    const mr::tensor::float16 half(x);
    const mr::tensor::bfloat16 brain(x);
    if (std::isnan(x)) {
      wrong += (half.bits & 0x7fffU) <= 0x7c00U;
      wrong += (brain.bits & 0x7fffU) <= 0x7f80U;
    } else {
      wrong += half.bits != Eigen::numext::bit_cast<std::uint16_t>(Eigen::half(x));
      wrong += brain.bits != Eigen::numext::bit_cast<std::uint16_t>(Eigen::bfloat16(x));
    }
  };
  for (std::uint32_t high = 0; high < 0x10000U; ++high)  // each upper half with the lower halves where rounding turns
    for (const std::uint32_t low :
         {0x0000U, 0x0001U, 0x0fffU, 0x1000U, 0x1001U, 0x2000U, 0x3000U, 0x7fffU, 0x8000U, 0x8001U, 0xf000U, 0xffffU})
      compare(high << 16 | low);
  for (std::uint32_t bits = 1; bits < 0xffff'0000U; bits += 4099) compare(bits);
  CHECK(wrong == 0);
}

TEST_CASE("halves keep what is special: payload bits, infinities, the smallest denormal") {
  CHECK(mr::tensor::float16(std::bit_cast<float>(0x7fc0'2000U)).bits == 0x7e01U);
  CHECK(mr::tensor::float16(std::bit_cast<float>(0x7f80'0001U)).bits == 0x7e00U);  // a signalling NaN stays a NaN
  CHECK(mr::tensor::bfloat16(std::bit_cast<float>(0x7f80'0001U)).bits == 0x7fc0U);
  CHECK(mr::tensor::float16(65519.0F).bits == 0x7bffU);
  CHECK(mr::tensor::float16(65520.0F).bits == 0x7c00U);
  CHECK(mr::tensor::float16(-std::numeric_limits<float>::infinity()).bits == 0xfc00U);
  CHECK(mr::tensor::float16(0x1p-25F).bits == 0);
  CHECK(mr::tensor::float16(0x1.000002p-25F).bits == 1);
  CHECK(mr::tensor::float16(-0.0F).bits == 0x8000U);
  STATIC_REQUIRE(static_cast<float>(mr::tensor::float16(1.5F)) == 1.5F);
  STATIC_REQUIRE(static_cast<float>(mr::tensor::bfloat16(-2.0F)) == -2.0F);
}
