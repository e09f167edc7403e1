#include <millrace/train/fields.hpp>
#include <support/catch.hpp>

#include <millrace/core/context.hpp>
#include <string_view>
#include <type_traits>

namespace mr = millrace;

TEST_CASE("a training field is found by name in a context and keeps its type") {
  auto ctx = mr::context(mr::train::training::epoch = 3, mr::train::training::loss = 0.5);
  STATIC_REQUIRE(std::is_same_v<decltype(ctx[mr::train::training::epoch]), std::uint64_t&>);
  CHECK(ctx[mr::train::training::epoch] == 3);
  CHECK(ctx[mr::train::training::loss] == 0.5);
  CHECK(mr::train::training::batch.name == "batch");
  CHECK(mr::train::training::gradient_norm.name == "gradient_norm");
}

TEST_CASE("fields that hold no tensor are the same whatever the scalar, and tensors follow it") {
  STATIC_REQUIRE(
      std::is_same_v<decltype(mr::train::training_fields<double>::loss), decltype(mr::train::training::loss)>);
  STATIC_REQUIRE(
      !std::is_same_v<decltype(mr::train::training_fields<double>::batch), decltype(mr::train::training::batch)>);
  STATIC_REQUIRE(std::is_same_v<decltype(mr::train::training::batch)::type, mr::train::row_major_matrix<float>>);
}

TEST_CASE("a sample's features lie side by side in a batch") {
  mr::train::row_major_matrix<float> batch(2, 3);
  CHECK(&batch(0, 1) == &batch(0, 0) + 1);
  CHECK(&batch(1, 0) == &batch(0, 0) + 3);
}
