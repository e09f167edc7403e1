#include <millrace/core/activation.hpp>

#include <support/catch.hpp>

#include <optional>

namespace mr = millrace;

TEST_CASE("every activation's name leads back to it, and other names to nothing") {
  for (unsigned i = 0; i < 6; ++i) {
    const auto function = static_cast<mr::activation>(i);
    CHECK(mr::parse_activation(to_string(function)) == function);
  }
  CHECK(to_string(mr::activation::leaky_relu) == "leaky_relu");
  for (const char* other : {"softsign", "", "relu "}) CHECK(mr::parse_activation(other) == std::nullopt);
}
