#include <millrace/model/validation/ranking.hpp>

#include <support/catch.hpp>
#include <support/close_numbers.hpp>
#include <support/validation_reference.hpp>

#include <cmath>
#include <vector>

namespace mr = millrace;
namespace model = millrace::model;
using validation::hits;
using validation::query_lengths;
using validation::ranking_scores;
using validation::relevances;

TEST_CASE("ranking measures are scikit-learn's, and what their definitions say") {
  CHECK(*model::ndcg(relevances, ranking_scores, query_lengths) == support::twelve_digits(validation::ndcg));
  CHECK(*model::ndcg(relevances, ranking_scores, query_lengths, 3) == support::twelve_digits(validation::ndcg_at_3));
  CHECK(*model::ndcg(relevances, ranking_scores) == support::twelve_digits(validation::ndcg_of_all));
  CHECK(*model::mean_reciprocal_rank(hits, ranking_scores, query_lengths) ==
        support::twelve_digits(validation::mean_reciprocal_rank));
  CHECK(*model::precision_at_k(hits, ranking_scores, 3, query_lengths) ==
        support::twelve_digits(validation::precision_at_3));
}

TEST_CASE("ranking measures of one short query") {
  const std::vector<double> scores{0.1, 0.9, 0.5};
  CHECK(*model::mean_reciprocal_rank({0, 0, 1}, scores) == 0.5);
  CHECK(*model::mean_reciprocal_rank({0, 0, 0}, scores) == 0);
  CHECK(*model::precision_at_k({0, 1, 1}, scores, 2) == 1);
  CHECK(*model::precision_at_k({0, 1, 1}, scores, 10) == 0.2);
  CHECK(*model::ndcg(std::vector<double>{0, 3, 1}, scores) == 1);
  CHECK(*model::ndcg(std::vector<double>{1, 0, 0}, scores) == support::twelve_digits(0.5));
  CHECK(*model::ndcg(std::vector<double>{0, 0, 0}, scores) == 0);
  CHECK(*model::ndcg(std::vector<double>{1.7e308, 1.7e308, 1.7e308}, scores) == 1);
  CHECK(*model::ndcg(std::vector<double>{1.5e308, 0, 0}, scores) == support::twelve_digits(0.5));
  const std::vector<double> tied{1, 1, 1, 1};
  CHECK(*model::precision_at_k({1, 0, 0, 0}, tied, 2) == 0.25);
  CHECK(*model::mean_reciprocal_rank({1, 0, 0, 0}, tied) == 1 / 2.5);
  CHECK(*model::precision_at_k({1, 0}, std::vector<double>{-HUGE_VAL, HUGE_VAL}, 1) == 0);
}

TEST_CASE("ranking measures: refusals") {
  using mr::errc;
  const std::vector<double> scores{0.1, 0.9, 0.5}, bad{0, std::nan(""), 1};
  const std::vector<std::size_t> few{1, 1}, many{2, 2}, empty{3, 0}, wrapped{~std::size_t{0}, 4};
  const auto code = [](const auto& made) { return made.error().code(); };
  CHECK(code(model::ndcg(scores, scores, few)) == errc::shape_mismatch);
  CHECK(code(model::ndcg(scores, scores, many)) == errc::shape_mismatch);
  CHECK(code(model::ndcg(scores, scores, wrapped)) == errc::shape_mismatch);
  CHECK(code(model::ndcg(scores, scores, empty)) == errc::invalid_argument);
  CHECK(code(model::ndcg(scores, bad)) == errc::not_finite);
  CHECK(code(model::ndcg(bad, scores)) == errc::not_finite);
  CHECK(code(model::ndcg(std::vector<double>{1, -1, 0}, scores)) == errc::out_of_range);
  CHECK(code(model::ndcg(std::vector<double>{}, std::vector<double>{})) == errc::invalid_argument);
  CHECK(code(model::mean_reciprocal_rank({0, 1}, scores)) == errc::shape_mismatch);
  CHECK(code(model::mean_reciprocal_rank({0, 1, 2}, scores)) == errc::out_of_range);
  CHECK(code(model::precision_at_k({0, 1, 0}, scores, 0)) == errc::invalid_argument);
  CHECK(code(model::precision_at_k({0, 1, 0}, bad, 1)) == errc::not_finite);
}
