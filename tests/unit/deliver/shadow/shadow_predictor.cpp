#include <millrace/deliver/shadow/shadow_predictor.hpp>

#include <millrace/infer/serving/batcher.hpp>

#include <support/allocation_counter.hpp>
#include <support/catch.hpp>

#include <cstdint>
#include <limits>
#include <span>
#include <thread>
#include <vector>

namespace md = millrace::deliver;
namespace mm = millrace::model;
namespace mr = millrace;

namespace {

/// Two classes: the sum of a row's two numbers and what is left of 1; off by `error` where the first number is above 5.
struct two_classes {
  double error = 0;
  std::size_t columns = 2;
  std::size_t inputs() const noexcept { return columns; }
  std::size_t outputs() const noexcept { return 2; }
  void predict(std::span<const float> row, std::span<double> out) const noexcept {
    const double sum = static_cast<double>(row[0] + row[1]) + (row[0] > 5 ? error : 0);
    out[0] = sum;
    out[1] = 1 - sum;
  }
  void predict(const mm::matrix_view& rows, std::span<double> out) const noexcept {
    for (std::size_t i = 0; i < rows.rows(); ++i) predict(rows.row(i), out.subspan(2 * i, 2));
  }
};
static_assert(mm::predictor<md::shadow_predictor<two_classes, two_classes>>);

const md::shadow_options by_hand{.name = "rows", .capacity = 16, .threads = 0};

std::vector<float> ten_rows() {
  std::vector<float> rows;
  for (int i = 0; i < 10; ++i) rows.insert(rows.end(), {static_cast<float>(i), 0.25F});
  return rows;
}

}  // namespace

TEST_CASE("shadow_predictor: rows are predicted by the stable model, and compared one by one") {
  md::shadow_predictor scored{two_classes{}, two_classes{0.5}, by_hand,
                              md::segment_by([](std::span<const float> row) { return row[0] > 5 ? "high" : "low"; })};
  CHECK(scored.inputs() == 2);
  CHECK(scored.outputs() == 2);
  const auto rows = ten_rows();
  std::vector<double> out(20);
  scored.predict(mm::matrix_view(rows, 2), out);
  CHECK(out[2 * 9] == 9.25);
  scored.predict(std::span(rows).subspan(18, 2), std::span(out).first(2));
  CHECK(out[0] == 9.25);
  CHECK(scored.compare_waiting() == 2);  // copies
  const auto seen = scored.report();
  CHECK(seen.all.comparisons == 11);
  CHECK(seen.all.agreements == 6);
  CHECK(seen.all.max_distance == 0.5);
  CHECK(seen.stable.calls == 11);
  REQUIRE(seen.segments.size() == 2);
  CHECK(seen.segments[0].name == "low");
  CHECK(seen.segments[0].counts.agreements == 6);
  CHECK(seen.segments[1].counts.comparisons == 5);
}

TEST_CASE("shadow_predictor: a large batch is several copies, rows with a stride are rows") {
  md::shadow_predictor scored{two_classes{}, two_classes{}, by_hand, md::same_class{}};
  std::vector<float> wide(200 * 3);
  for (std::size_t i = 0; i < wide.size(); ++i) wide[i] = static_cast<float>(i % 7) / 8;
  std::vector<double> out(400);
  scored.predict(mm::matrix_view(wide.data(), 200, 2, 3), out);
  scored.predict(mm::matrix_view(wide.data(), 0, 2, 3), out);
  CHECK(scored.compare_waiting() == 4);
  CHECK(scored.report().all.comparisons == 200);
  CHECK(scored.report().all.agreements == 200);
}

TEST_CASE("shadow_predictor: rows without room are dropped row by row, and nothing is allocated") {
  md::shadow_predictor scored{two_classes{}, two_classes{}, by_hand};
  const auto rows = ten_rows();
  std::vector<double> out(20);
  const auto allocated = support::allocations_of([&] {
    for (int i = 0; i < 20; ++i) scored.predict(mm::matrix_view(rows, 2), out);
  });
  if (support::counts_allocations) CHECK(allocated == 0);
  CHECK(scored.report().dropped[static_cast<std::size_t>(md::shadow_drop::full)] == 40);
  CHECK(scored.stop(mr::seconds(1)));
  CHECK(scored.report().dropped[static_cast<std::size_t>(md::shadow_drop::abandoned)] == 160);
  scored.predict(mm::matrix_view(rows, 2), out);
  CHECK(scored.report().dropped[static_cast<std::size_t>(md::shadow_drop::stopped)] == 10);
}

TEST_CASE("shadow_predictor: a candidate of another shape is not asked") {
  md::shadow_predictor scored{two_classes{}, two_classes{0, 3}, by_hand};
  const auto rows = ten_rows();
  std::vector<double> out(20);
  scored.predict(mm::matrix_view(rows, 2), out);
  scored.compare_waiting();
  CHECK(scored.report().all.candidate_failures == 10);
  CHECK(scored.report().all.agreements == 0);
}

TEST_CASE(
    "shadow_predictor: differences are told with their row; a share leaves batches out; a throwing key fails rows") {
  int told = 0;
  md::shadow_predictor scored{two_classes{}, two_classes{0.5}, by_hand,
                              md::on_difference([&](std::span<const float> row, std::span<const double> stable,
                                                    std::span<const double> candidate, const md::difference& apart) {
                                told +=
                                    row[0] > 5 && stable[0] == candidate[0] - 0.5 && apart.distance == 0.5 ? 1 : 100;
                              })};
  const auto rows = ten_rows();
  std::vector<double> out(20);
  scored.predict(mm::matrix_view(rows, 2), out);
  scored.compare_waiting();
  CHECK(told == 4);

  md::shadow_options none = by_hand;
  none.share = 0;
  md::shadow_predictor left{two_classes{}, two_classes{}, none};
  left.predict(mm::matrix_view(rows, 2), out);
  CHECK(left.report().left_out == 10);
  CHECK(left.report().waiting == 0);

  md::shadow_predictor torn{two_classes{}, two_classes{}, by_hand,
                            md::segment_by([](std::span<const float>) -> int { throw 1; })};
  torn.predict(mm::matrix_view(rows, 2), out);
  torn.compare_waiting();
  CHECK(torn.report().all.candidate_failures == 10);
}

TEST_CASE("shadow_predictor: it serves behind a batcher, on its own threads") {
  const two_classes stable, candidate{0.5};
  md::shadow_predictor scored{mr::borrow(stable), mr::borrow(candidate), md::same_class{},
                              md::shadow_options{.capacity = 256}};
  mr::infer::batcher serve{scored};
  std::vector<std::thread> all;
  for (int t = 0; t < 4; ++t)
    all.emplace_back([&] {
      for (int i = 0; i < 200; ++i) {
        const float row[] = {static_cast<float>(i % 10) / 10, 0.25F};
        double out[2];
        if (!serve(row, out) || out[0] != static_cast<double>(row[0] + 0.25F)) std::abort();
      }
    });
  for (auto& each : all) each.join();
  CHECK(scored.drain(mr::seconds(20)));
  CHECK(scored.report().all.comparisons + scored.report().drops() == 800);
}
