#include <millrace/train/fields.hpp>
#include <support/catch.hpp>

#include <millrace/core/context.hpp>
#include <string_view>
#include <type_traits>

namespace mr = millrace;

TEST_CASE("a training field is found by name in a context and keeps its type") {
  auto ctx = mr::context(mr::training::epoch = 3, mr::training::loss = 0.5);
  STATIC_REQUIRE(std::is_same_v<decltype(ctx[mr::training::epoch]), std::uint64_t&>);
  CHECK(ctx[mr::training::epoch] == 3);
  CHECK(ctx[mr::training::loss] == 0.5);
  CHECK(mr::training::batch.name == "batch");
  CHECK(mr::training::gradient_norm.name == "gradient_norm");
}

TEST_CASE("fields that hold no tensor are the same whatever the scalar, and tensors follow it") {
  STATIC_REQUIRE(std::is_same_v<decltype(mr::training_fields<double>::loss), decltype(mr::training::loss)>);
  STATIC_REQUIRE(!std::is_same_v<decltype(mr::training_fields<double>::batch), decltype(mr::training::batch)>);
  STATIC_REQUIRE(std::is_same_v<decltype(mr::training::batch)::type, mr::row_major_matrix<float>>);
}

TEST_CASE("a sample's features lie side by side in a batch") {
  mr::row_major_matrix<float> batch(2, 3);
  CHECK(&batch(0, 1) == &batch(0, 0) + 1);
  CHECK(&batch(1, 0) == &batch(0, 0) + 3);
}
