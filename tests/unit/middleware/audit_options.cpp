#include <millrace/middleware/audit_options.hpp>

#include <support/catch.hpp>

namespace mr = millrace;

TEST_CASE("metadata takes numbers, flags and text as what they are", "[audit_options]") {
  const mr::audit_options options{.metadata = {{"rate", 0.1}, {"layers", 3}, {"resumed", true}, {"optimizer", "adam"}}};
  CHECK(std::holds_alternative<double>(options.metadata[0].second));
  CHECK(std::holds_alternative<std::int64_t>(options.metadata[1].second));
  CHECK(std::holds_alternative<bool>(options.metadata[2].second));
  CHECK(std::holds_alternative<std::string>(options.metadata[3].second));
  CHECK(options.context);
  CHECK(options.wall_clock() > 1'600'000'000'000'000'000U);
}
