#include <millrace/tensor/traits.hpp>

#include <support/catch.hpp>

#include <array>
#include <cstdint>
#include <list>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace mr = millrace;

namespace {
/// A tensor type of somebody else's.
struct image {
  std::vector<std::uint8_t> pixels;
  std::size_t rows = 0;
  std::size_t columns = 0;
};
}  // namespace

template <>
struct mr::tensor::tensor_traits<image> {
  static mr::tensor::tensor_view view(const image& i) {
    return mr::tensor::basic_tensor_view(i.pixels.data(), mr::tensor::tensor_shape{i.rows, i.columns});
  }
};

TEST_CASE("what lies gapless in memory is one tensor") {
  CHECK(mr::tensor::view_of(2.5).rank() == 0);
  CHECK(mr::tensor::view_of(2.5).size() == 1);
  CHECK(mr::tensor::view_of(std::vector<float>(3)).shape() == mr::tensor::tensor_shape{3});
  CHECK(mr::tensor::view_of(std::array<std::int64_t, 4>{}).dtype() == mr::tensor::dtype::i64);
  const float row[] = {1, 2, 3};
  CHECK(mr::tensor::view_of(row).size() == 3);
  const std::vector<int> numbers(5);
  CHECK(mr::tensor::view_of(std::span(numbers)).data() == numbers.data());
}

TEST_CASE("text, and numbers that are scattered, are no tensors") {
  STATIC_REQUIRE(!mr::tensor::tensor_source<std::string>);
  STATIC_REQUIRE(!mr::tensor::tensor_source<std::vector<std::string>>);
  STATIC_REQUIRE(!mr::tensor::tensor_source<std::list<float>>);
  STATIC_REQUIRE(!mr::tensor::tensor_source<std::vector<bool>>);
  STATIC_REQUIRE(!mr::tensor::tensor_source<std::map<std::string, double>>);
  STATIC_REQUIRE(!mr::tensor::tensor_source<std::nullptr_t>);
}

TEST_CASE("ranges of tensors show each of them, at any depth, until told to stop") {
  const std::vector<std::vector<float>> layers = {{1}, {2, 3}, {4, 5, 6}};
  std::vector<std::size_t> sizes;
  CHECK(
      mr::tensor::for_each_tensor(layers, [&](const mr::tensor::tensor_view& view) { sizes.push_back(view.size()); }));
  CHECK(sizes == std::vector<std::size_t>{1, 2, 3});

  const std::list<std::vector<std::vector<float>>> deep = {layers, layers};
  std::size_t count = 0;
  CHECK_FALSE(mr::tensor::for_each_tensor(deep, [&](const mr::tensor::tensor_view&) { return ++count < 4; }));
  CHECK(count == 4);
}

TEST_CASE("a type of one's own takes part by specializing the traits") {
  const image picture{std::vector<std::uint8_t>(12), 3, 4};
  STATIC_REQUIRE(mr::tensor::tensor_source<std::vector<image>>);
  STATIC_REQUIRE(!mr::tensor::restorable_tensor<image>);
  CHECK(mr::tensor::view_of(picture).shape() == mr::tensor::tensor_shape{3, 4});
}

TEST_CASE("a sequence takes any length, a fixed one only its own, and neither two axes") {
  std::vector<float> sequence;
  const auto resized = mr::tensor::tensor_traits<std::vector<float>>::resize(sequence, {7});
  REQUIRE(resized);
  CHECK(sequence.size() == 7);
  CHECK(resized->data() == sequence.data());
  CHECK_FALSE(mr::tensor::tensor_traits<std::vector<float>>::resize(sequence, {7, 1}));
  std::array<float, 3> fixed{};
  CHECK(mr::tensor::tensor_traits<std::array<float, 3>>::resize(fixed, {3}));
  const auto wrong = mr::tensor::tensor_traits<std::array<float, 3>>::resize(fixed, {4});
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().code() == mr::errc::shape_mismatch);
  CHECK(wrong.error().message() == "a sequence cannot take the shape [4]");
  STATIC_REQUIRE(!mr::tensor::restorable_tensor<std::span<const float>>);
}
