#include <millrace/core/real.hpp>

#include <support/catch.hpp>

namespace mr = millrace;

namespace {

template <mr::real X>
struct kept {
  static constexpr double value = X.value;
};

}  // namespace

TEST_CASE("a number is a template argument, whatever it is written as", "[core]") {
  CHECK(kept<.99>::value == .99);
  CHECK(kept<2>::value == 2.0);
  CHECK(kept<-1.5F>::value == -1.5);
}
