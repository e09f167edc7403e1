#include <millrace/feature/hashed_row.hpp>

#include <support/allocation_counter.hpp>
#include <support/catch.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace mf = millrace::feature;

TEST_CASE("each feature has its column and its sign, the same for every row and machine") {
  auto row = mf::hashed_row::make(20, 8);
  REQUIRE(row);
  CHECK(row->columns() == 1'048'576);
  row->update("site", "news.example");
  row->update("site", "games.example");
  row->update("age", 0.5F);
  row->update("nothing", 0.0F);
  row->update("site and banner", "news.example", "b17");
  REQUIRE(row->size() == 4);
  // Saved models depend on these numbers: they must stay.
  const std::vector<std::uint32_t> indices(row->indices().begin(), row->indices().end());
  const std::vector<float> values(row->values().begin(), row->values().end());
  CHECK(indices == std::vector<std::uint32_t>{428'036, 820'753, 542'590, 612'464});
  CHECK(values == std::vector<float>{-1, -1, 0.5F, -1});
  row->reset();
  CHECK(row->size() == 0);
  row->update("age", -0.5F);
  CHECK(row->indices()[0] == indices[2]);
  CHECK(row->values()[0] == -values[2]);
}

TEST_CASE("signs and columns are spread evenly") {
  auto row = mf::hashed_row::make(4, 1);
  REQUIRE(row);
  std::vector<int> found(16);
  int negative = 0;
  for (int i = 0; i < 16'000; ++i) {
    row->reset();
    row->update("word", std::to_string(i));
    ++found[row->indices()[0]];
    negative += row->values()[0] < 0 ? 1 : 0;
  }
  for (const int n : found) CHECK((n > 850 && n < 1150));
  CHECK((negative > 7700 && negative < 8300));
}

TEST_CASE("fewer bits are the upper ones of more") {
  auto many = mf::hashed_row::make(30, 1);
  auto few = mf::hashed_row::make(7, 1);
  REQUIRE((many && few));
  many->update("a", "b");
  few->update("a", "b");
  CHECK(many->indices()[0] >> 23 == few->indices()[0]);
  CHECK(many->values()[0] == few->values()[0]);
}

TEST_CASE("what finds no room is dropped and counted, and nothing is taken from the heap") {
  auto row = mf::hashed_row::make(10, 2);
  REQUIRE(row);
  const auto taken = support::allocations_of([&] {
    for (int i = 0; i < 5; ++i) row->update("a rather long name of a feature", "and its category", "and another");
  });
  if (support::counts_allocations) CHECK(taken == 0);
  CHECK(row->size() == 2);
  CHECK(row->dropped() == 3);
}

TEST_CASE("a hashed_row needs bits and room") {
  for (const unsigned bits : {0U, 31U, 64U}) {
    const auto made = mf::hashed_row::make(bits, 4);
    REQUIRE_FALSE(made);
    CHECK(made.error().code() == millrace::errc::invalid_argument);
    CHECK_THAT(made.error().message(), ContainsSubstring(std::to_string(bits)));
  }
  CHECK_FALSE(mf::hashed_row::make(4, 0));
}
