#ifndef MILLRACE_TRACK_SEARCH_HPP
#define MILLRACE_TRACK_SEARCH_HPP

#include <millrace/core/result.hpp>
#include <millrace/store/search.hpp>
#include <millrace/store/transaction.hpp>
#include <millrace/track/detail/run_search.hpp>
#include <millrace/track/options.hpp>
#include <millrace/track/records.hpp>
#include <millrace/track/tracker.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace track {

/// What runs can be searched for: all that MLflow has (`store::run_schema`), and figures of a metric besides its last
/// value: `min.loss`, `max.loss`, `mean.loss`, `p50.loss`, `p90.loss`, `p99.loss`, `count.loss`.
inline constexpr store::search_schema searched_runs{"runs", detail::searched_run_groups, {}, store::run_schema.ties};

/// Searches the runs of experiments. Those of a deleted experiment count as deleted.
///
///     auto best = mr::track::search_runs(tracker, {experiment.id},
///                                        {.filter = "metrics.loss < 0.1", .order_by = {"metrics.loss"}});
///
/// Guarantee: a page is of one moment. Pages go on where the last one ended, whatever comes and goes meanwhile.
/// Complexity: where the filter requires of a metric, parameter, tag or start a value that few runs have (1,000), these
/// are looked at; where the order begins with a metric, its minimum or its maximum, or with the start, and names
/// nothing else, runs are looked at in that order until the page is full; else all runs are looked at. Errors:
/// invalid_argument: the filter, the order, the token or the size of the page; not_found: an experiment.
template <class Storage, class Contents>
result<search_page<run_record>> search_runs(const tracker<Storage, Contents>& of,
                                            std::span<const std::string> experiment_ids,
                                            const search_options& options = {}) {
  using page = search_page<run_record>;
  auto query = detail::run_query::make(options.filter, options.order_by, searched_runs, options.grammar, options.view,
                                       options.max_results);
  if (!query) return std::move(query).error();
  std::string view(to_string(options.view));
  for (const std::string& each : experiment_ids) (view += ' ') += each;
  const store::page_tokens tokens(query->filter, query->order, view);
  auto position = tokens.position(options.page_token);
  if (!position) return std::move(position).error();
  const detail::layout& keys = detail::tracker_access::keys(of);
  auto found = detail::tracker_access::look<page>(of, [&](const auto& objects) -> result<page> {
    auto ids = detail::find_runs(objects, keys, *query, experiment_ids, *position);
    if (!ids) return std::move(ids).error();
    page made;
    for (const detail::found_run& each : ids->items) {
      auto info = detail::load_run(objects, keys, each.experiment_id, each.id);
      if (!info) return std::move(info).error();
      auto metrics = detail::load_summaries(objects, keys, each.id);
      if (!metrics) return std::move(metrics).error();
      made.items.push_back({std::move(*info), std::move(metrics->metrics)});
    }
    if (!ids->next.empty()) made.next_page_token = tokens.token(ids->next);
    return made;
  });
  return found;
}
template <class Storage, class Contents>
result<search_page<run_record>> search_runs(const tracker<Storage, Contents>& of,
                                            const std::vector<std::string>& experiment_ids,
                                            const search_options& options = {}) {
  return search_runs(of, std::span<const std::string>(experiment_ids), options);
}

/// Searches experiments. What it promises is what `search_runs` does; all experiments are looked at.
template <class Storage, class Contents>
result<search_page<experiment>> search_experiments(const tracker<Storage, Contents>& of,
                                                   const search_options& options = {}) {
  using page = search_page<experiment>;
  auto query = detail::run_query::make(options.filter, options.order_by, store::experiment_schema, options.grammar,
                                       options.view, options.max_results);
  if (!query) return std::move(query).error();
  const store::page_tokens tokens(query->filter, query->order, to_string(options.view));
  auto position = tokens.position(options.page_token);
  if (!position) return std::move(position).error();
  const detail::layout& keys = detail::tracker_access::keys(of);
  return detail::tracker_access::look<page>(of, [&](const auto& objects) -> result<page> {
    store::page_picker<experiment> picker(options.max_results, std::move(*position));
    auto walked =
        store::for_each_object(objects, keys.experiments(), [&](const store::storage_entry& each) -> result<void> {
          auto read = store::load_document<experiment>(objects, each.key);
          if (!read) return std::move(read).error();
          const detail::experiment_row row{*read};
          if (!includes(options.view, read->stage) || !query->filter.matches(row)) return {};
          std::string key = query->order.sort_key(row);
          picker.update(std::move(key), std::move(*read));
          return {};
        });
    if (!walked) return std::move(walked).error();
    auto picked = picker.finish();
    return page{std::move(picked.items), picked.next.empty() ? std::string() : tokens.token(picked.next)};
  });
}

/// A run, and the figure that it was ranked by.
struct ranked_run {
  std::string id;
  double value = 0;
};

/// The first runs of an experiment by the last value of a metric, the least first or the greatest, from its index
/// alone: for those who need to know which runs these are, and not all of them. Runs without that metric, or whose last
/// value is NaN, are not among them. Complexity: O(limit) reads of the index.
template <class Storage, class Contents>
result<std::vector<ranked_run>> rank_runs(const tracker<Storage, Contents>& of, std::string_view experiment_id,
                                          std::string_view metric, std::size_t limit, bool greatest_first = false) {
  const detail::layout& keys = detail::tracker_access::keys(of);
  return detail::tracker_access::look<std::vector<ranked_run>>(
      of, [&](const auto& objects) -> result<std::vector<ranked_run>> {
        const auto in = detail::load_experiment(objects, keys, experiment_id);
        if (!in) return in.error();
        std::vector<ranked_run> made;
        if (limit == 0 || in->stage == lifecycle::deleted) return made;
        const std::string prefix = keys.metric_values(experiment_id, lifecycle::active, metric, "last");
        const auto use = [&](std::string_view suffix) -> result<bool> {
          const std::string_view value = suffix.substr(0, store::index_value_size);
          if (value == store::index_nan) return false;
          const auto number = store::read_key_part_number<double>(value);
          if (!number) return number.error();
          made.push_back({detail::last_part(suffix), *number});
          return made.size() < limit;
        };
        const auto walked = greatest_first ? store::walk_index_down(objects, prefix, store::index_nan, use)
                                           : store::walk_index_up(objects, prefix, "", use);
        if (!walked) return walked.error();
        return made;
      });
}

}  // namespace track
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TRACK_SEARCH_HPP
