#include <millrace/tensor/view.hpp>

#include <support/catch.hpp>

#include <vector>

namespace mr = millrace;

TEST_CASE("a typed view reads and writes through its strides") {
  std::vector<int> numbers = {0, 1, 2, 3, 4, 5};
  const mr::tensor::basic_tensor_view view(numbers.data(), mr::tensor::tensor_shape{2, 3});
  CHECK(view(1, 2) == 5);
  view(0, 1) = 10;
  CHECK(numbers[1] == 10);
  const mr::tensor::basic_tensor_view turned(numbers.data(),
                                             mr::tensor::tensor_layout(mr::tensor::tensor_shape{3, 2}, {1, 3}));
  CHECK(turned(2, 1) == 5);
  CHECK(turned[mr::tensor::tensor_position{1, 0}] == 10);
  CHECK(view.is_contiguous());
  CHECK_FALSE(turned.is_contiguous());
  CHECK(mr::tensor::basic_tensor_view<const int>(view).data() == numbers.data());
}

TEST_CASE("an erased view knows its elements' type and gives it back, or says what it is") {
  const std::vector<double> numbers(6, 0.5);
  const mr::tensor::tensor_view view = mr::tensor::basic_tensor_view(numbers.data(), mr::tensor::tensor_shape{2, 3});
  CHECK(view.dtype() == mr::tensor::dtype::f64);
  CHECK(view.size() == 6);
  CHECK(view.size_bytes() == 48);
  const auto typed = view.as<double>();
  REQUIRE(typed);
  CHECK((*typed)(1, 1) == 0.5);
  const auto wrong = view.as<float>();
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().code() == mr::errc::type_mismatch);
  CHECK(wrong.error().message() == "tensor has elements of type f64, asked for as f32");
}

TEST_CASE("a writable view narrows to a read-only one, never the reverse") {
  std::vector<float> numbers(4);
  const mr::tensor::mutable_tensor_view writable =
      mr::tensor::basic_tensor_view(numbers.data(), mr::tensor::tensor_shape{4});
  const mr::tensor::tensor_view readable = writable;
  CHECK(readable.data() == numbers.data());
  (*writable.as<float>())(2) = 7;
  CHECK(numbers[2] == 7);
  STATIC_REQUIRE_FALSE(std::is_constructible_v<mr::tensor::mutable_tensor_view, mr::tensor::tensor_view>);
  STATIC_REQUIRE_FALSE(
      std::is_constructible_v<mr::tensor::mutable_tensor_view, mr::tensor::basic_tensor_view<const float>>);
}

TEST_CASE("for_each_element goes through memory in order, whatever the layout") {
  const std::vector<int> numbers = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
  std::vector<int> seen;
  const auto note = [&](int n) { seen.push_back(n); };
  mr::tensor::for_each_element(
      mr::tensor::basic_tensor_view(numbers.data(), mr::tensor::tensor_layout::column_major({3, 4})), note);
  CHECK(seen == numbers);
  seen.clear();
  mr::tensor::for_each_element(
      mr::tensor::basic_tensor_view(numbers.data(), mr::tensor::tensor_layout(mr::tensor::tensor_shape{2, 2}, {2, 5})),
      note);
  CHECK(seen == std::vector<int>{0, 2, 5, 7});
}

TEST_CASE("a view made of nothing is empty") {
  CHECK(mr::tensor::tensor_view().size() == 0);
  CHECK(mr::tensor::basic_tensor_view<float>().size() == 0);
}
