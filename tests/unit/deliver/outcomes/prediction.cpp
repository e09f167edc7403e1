#include <millrace/deliver/outcomes/prediction.hpp>

#include <support/catch.hpp>

#include <cstdint>

namespace md = millrace::deliver;

TEST_CASE("prediction: a label's delay has a sign") {
  md::joined_row row;
  row.prediction.time = 5'000'000'000;
  row.label_time = 7'500'000'000;
  CHECK(row.delay() == 2.5);
  row.label_time = 4'000'000'000;
  CHECK(row.delay() == -1);
  row.prediction.time = 0;
  row.label_time = ~std::uint64_t{0};
  CHECK(row.delay() > 1.8e10);
}
