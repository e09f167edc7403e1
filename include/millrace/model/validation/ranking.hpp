#ifndef MILLRACE_MODEL_VALIDATION_RANKING_HPP
#define MILLRACE_MODEL_VALIDATION_RANKING_HPP

#include <millrace/core/detail/heap_sort.hpp>
#include <millrace/core/detail/math.hpp>
#include <millrace/core/result.hpp>
#include <millrace/model/evaluation/detail/checked_columns.hpp>
#include <millrace/model/evaluation/label_view.hpp>
#include <millrace/model/evaluation/real_view.hpp>
#include <millrace/model/fwd.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace model {

// Measures of rankings: the items that a query found, in descending order of their scores. Items of one query follow
// each other; `queries` says how many each query has, and none means that all are of one. The mean over queries is
// returned. Every function here returns an error instead of a number that means nothing:
//   invalid_argument  there are no items, a query has none, or k is out of its range
//   shape_mismatch    the columns have different lengths, or the queries have another number of items in sum
//   not_finite        a score is NaN, or a relevance is not finite; names the item
//   out_of_range      a relevance is negative, or a label is neither 0 nor 1; names the item

namespace detail {

/// An item's place in the input and its score.
struct ranked_item {
  double score;
  std::size_t item;
};

/// The mean over queries of measure(items of a query, in descending order of their scores, ties in that of the input).
template <class Measure>
result<double> mean_over_queries(const real_view& scores, std::span<const std::size_t> queries, Measure measure) {
  const std::size_t all[1] = {scores.size()};
  if (queries.empty()) queries = all;
  std::size_t sum = 0;
  for (std::size_t q = 0; q < queries.size(); ++q) {
    if (queries[q] == 0) return error(errc::invalid_argument, "queries: query " + std::to_string(q) + " has no items");
    if (queries[q] > scores.size() - sum)
      return error(errc::shape_mismatch, "queries: they have more items than scores");
    sum += queries[q];
  }
  if (sum != scores.size()) return error(errc::shape_mismatch, "queries: they have fewer items than scores");
  std::vector<ranked_item> ranked;
  double total = 0;
  std::size_t first = 0;
  for (const std::size_t count : queries) {
    ranked.resize(count);
    for (std::size_t i = 0; i < count; ++i) ranked[i] = {scores[first + i], first + i};
    heap_sort(ranked.data(), count, [](const ranked_item& a, const ranked_item& b) {
      return a.score > b.score || (a.score == b.score && a.item < b.item);
    });
    total += measure(std::span<const ranked_item>(ranked));
    first += count;
  }
  return total / static_cast<double>(queries.size());
}

inline result<void> usable_scores(std::size_t items, const real_view& scores) {
  if (items == 0) return error(errc::invalid_argument, "there are no items to rank");
  if (items != scores.size())
    return error(errc::shape_mismatch,
                 "scores: there are " + std::to_string(scores.size()) + ", not " + std::to_string(items));
  for (std::size_t i = 0; i < items; ++i)
    if (math::is_nan(scores[i])) return error(errc::not_finite, "scores: item " + std::to_string(i) + " is NaN");
  return {};
}
inline result<void> usable_ranking(std::span<const int> labels, const real_view& scores) {
  if (auto fit = usable_scores(labels.size(), scores); !fit) return fit;
  for (std::size_t i = 0; i < labels.size(); ++i)
    if (labels[i] != 0 && labels[i] != 1)
      return error(errc::out_of_range,
                   "labels: item " + std::to_string(i) + " is " + std::to_string(labels[i]) + ", neither 0 nor 1");
  return {};
}

/// The sum of the first k relevances, each over log2(1 + its rank). Items of equal scores share their mean relevance.
/// `unit`: what each is multiplied by, so that no sum overflows.
inline double discounted_gain(const real_view& relevances, std::span<const ranked_item> ranked, std::size_t k,
                              double unit) {
  double sum = 0;
  for (std::size_t i = 0; i < ranked.size() && i < k;) {
    std::size_t end = i;
    double gain = 0;
    for (; end < ranked.size() && ranked[end].score == ranked[i].score; ++end)
      gain += relevances[ranked[end].item] * unit;
    gain /= static_cast<double>(end - i);
    for (; i < end; ++i)
      if (i < k) sum += gain / math::log2(static_cast<double>(i + 2));
  }
  return sum;
}

}  // namespace detail

/// Normalized discounted cumulative gain: the sum over ranks r of relevance / log2(1 + r), divided by that of the best
/// order. Items of equal scores share their mean relevance, as in scikit-learn. A query without relevant items has 0.
/// `k`: only the first k ranks count; 0: all.
/// Complexity: O(n log n).
/// Source: Jarvelin, Kekalainen, "Cumulated gain-based evaluation of IR techniques", ACM TOIS 20, 2002.
inline result<double> ndcg(real_view relevances, real_view scores, std::span<const std::size_t> queries = {},
                           std::size_t k = 0) {
  if (auto fit = detail::usable_scores(relevances.size(), scores); !fit) return std::move(fit).error();
  for (std::size_t i = 0; i < relevances.size(); ++i) {
    if (!detail::math::is_finite(relevances[i]))
      return error(errc::not_finite, "relevances: item " + std::to_string(i) + " is not finite");
    if (relevances[i] < 0) return error(errc::out_of_range, "relevances: item " + std::to_string(i) + " is negative");
  }
  const std::size_t most = k == 0 ? relevances.size() : k;
  const double unit = detail::unit_of(relevances, relevances);
  std::vector<detail::ranked_item> ideal;
  return detail::mean_over_queries(scores, queries, [&](std::span<const detail::ranked_item> ranked) {
    ideal.resize(ranked.size());
    for (std::size_t i = 0; i < ranked.size(); ++i) ideal[i] = {relevances[ranked[i].item], ranked[i].item};
    detail::heap_sort(ideal.data(), ideal.size(),
                      [](const detail::ranked_item& a, const detail::ranked_item& b) { return a.score > b.score; });
    const double best = detail::discounted_gain(relevances, ideal, most, unit);
    return best > 0 ? detail::discounted_gain(relevances, ranked, most, unit) / best : 0.0;
  });
}

/// Mean reciprocal rank: the mean over queries of 1 / (rank of the first item with label 1); a query without one has 0.
/// An item's rank is 1 plus the number of items with a higher score, plus half of the others with the same score.
/// Complexity: O(n log n).
inline result<double> mean_reciprocal_rank(const label_view& labels, real_view scores,
                                           std::span<const std::size_t> queries = {}) {
  if (auto fit = detail::usable_ranking(labels, scores); !fit) return std::move(fit).error();
  return detail::mean_over_queries(scores, queries, [&](std::span<const detail::ranked_item> ranked) {
    for (std::size_t i = 0; i < ranked.size();) {
      std::size_t end = i;
      bool relevant = false;
      for (; end < ranked.size() && ranked[end].score == ranked[i].score; ++end)
        relevant = relevant || labels[ranked[end].item] == 1;
      if (relevant) return 1 / (1 + static_cast<double>(i) + static_cast<double>(end - i - 1) / 2);
      i = end;
    }
    return 0.0;
  });
}

/// Precision at k: the mean over queries of the share of label 1 among the first k items. Where the k-th and later
/// items have equal scores, these count with their mean. A query of fewer than k items counts as if it had items of
/// label 0. Complexity: O(n log n). Errors: also invalid_argument: k is 0.
inline result<double> precision_at_k(const label_view& labels, real_view scores, std::size_t k,
                                     std::span<const std::size_t> queries = {}) {
  if (k == 0) return error(errc::invalid_argument, "precision at k: k must be above 0");
  if (auto fit = detail::usable_ranking(labels, scores); !fit) return std::move(fit).error();
  return detail::mean_over_queries(scores, queries, [&](std::span<const detail::ranked_item> ranked) {
    double right = 0;
    for (std::size_t i = 0; i < ranked.size() && i < k;) {
      std::size_t end = i;
      double tied = 0;
      for (; end < ranked.size() && ranked[end].score == ranked[i].score; ++end)
        tied += labels[ranked[end].item] == 1 ? 1.0 : 0.0;
      const std::size_t counted = end < k ? end : k;
      right += tied * static_cast<double>(counted - i) / static_cast<double>(end - i);
      i = end;
    }
    return right / static_cast<double>(k);
  });
}

}  // namespace model
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_MODEL_VALIDATION_RANKING_HPP
