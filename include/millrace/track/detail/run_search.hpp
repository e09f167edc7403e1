#ifndef MILLRACE_TRACK_DETAIL_RUN_SEARCH_HPP
#define MILLRACE_TRACK_DETAIL_RUN_SEARCH_HPP

#include <millrace/core/detail/sort.hpp>
#include <millrace/core/result.hpp>
#include <millrace/store/search.hpp>
#include <millrace/track/detail/documents.hpp>
#include <millrace/track/detail/layout.hpp>
#include <millrace/track/detail/run_row.hpp>
#include <millrace/track/options.hpp>
#include <millrace/track/records.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace track {

constexpr bool includes(lifecycle_view view, lifecycle stage) noexcept {
  return view == lifecycle_view::all || (view == lifecycle_view::active_only) == (stage == lifecycle::active);
}

namespace detail {

/// The groups of MLflow's schema, and one for each figure.
struct run_groups {
  static constexpr std::size_t known = store::run_schema.groups.size();
  store::searched_group groups[known + std::size(figure_names)];

  constexpr run_groups() noexcept : groups() {
    for (std::size_t i = 0; i < known; ++i) groups[i] = store::run_schema.groups[i];
    for (std::size_t i = 0; i < std::size(figure_names); ++i) {
      store::searched_group& one = groups[known + i];
      one.kind = static_cast<store::search_kind>(first_figure + i);
      one.names[0] = figure_names[i];
      one.type = figure_names[i] == "count" ? store::search_type::integer : store::search_type::number;
    }
  }
};
inline constexpr run_groups made_run_groups{};
inline constexpr std::span<const store::searched_group> searched_run_groups{made_run_groups.groups};

/// A query that has been read.
struct run_query {
  store::search_filter filter;
  store::search_order order;
  lifecycle_view view;
  std::size_t limit;

  static result<run_query> make(const std::string& filter, const std::vector<std::string>& order_by,
                                const store::search_schema& schema, store::search_grammar grammar, lifecycle_view view,
                                std::size_t limit) {
    if (limit == 0 || limit > 50'000)
      return error(errc::invalid_argument, "a page has 1 to 50000 results, and not " + std::to_string(limit));
    auto filters = store::search_filter::make(filter, schema, grammar);
    if (!filters) return std::move(filters).error();
    auto orders = store::search_order::make(order_by, schema, grammar);
    if (!orders) return std::move(orders).error();
    return run_query{std::move(*filters), std::move(*orders), view, limit};
  }
};

/// An experiment that is searched.
struct experiment_row {
  const experiment& it;

  store::search_value find(const store::search_field& field) const {
    if (field.kind == store::search_kind::tag) {
      const std::string* const value = value_of(it.tags, field.key);
      return value == nullptr ? store::search_value() : store::search_value(*value);
    }
    if (field.key == "name") return it.name;
    if (field.key == "experiment_id") return it.id;
    if (field.key == "creation_time") return it.created;
    if (field.key == "last_update_time") return it.updated;
    if (field.key == "lifecycle_stage") return to_string(it.stage);
    if (field.key == "artifact_location") return it.artifact_location;
    return {};
  }
};

struct found_run {
  std::string id;
  std::string experiment_id;
};
struct found_runs {
  std::vector<found_run> items;
  std::string next;  // the position behind them, if there are more
};

/// How runs can be gone through in the order that was asked for: by an index, if there is one.
struct walked_order {
  enum class kind : std::uint8_t { none, start, figure };
  kind by = kind::none;
  store::search_field figure;
  bool descending = false;

  explicit walked_order(const store::search_order& order) {
    const auto terms = order.terms();
    const auto is = [&](std::size_t at, std::string_view key, bool down) {
      return at < terms.size() && terms[at].field.kind == store::search_kind::attribute && terms[at].field.key == key &&
             terms[at].descending == down;
    };
    if (terms.size() == 2 && is(0, "start_time", true) && is(1, "run_id", false)) by = kind::start;
    if (terms.size() != 3 || !is(1, "start_time", true) || !is(2, "run_id", false)) return;
    if (!is_figure(terms[0].field.kind) || index_of_figure(terms[0].field.kind).empty()) return;
    by = kind::figure;
    figure = terms[0].field;
    descending = terms[0].descending;
  }

  /// Where a run stands in the index, or among those that are not in it: `-/START/RUN`.
  template <class Row>
  std::string place(const Row& row) const {
    std::string made;
    if (by == kind::none) return made;
    if (by == kind::figure) {
      const store::search_value value = row.find(figure);
      made = (value.is_absent() ? std::string("-") : store::number_key_part(value.real())) + '/';
    }
    return made + from_last(row.start()) + '/' + row.id();
  }
};

/// Where runs are searched: those of an experiment in one stage.
struct search_scope {
  const experiment* of;
  lifecycle stage;  // of the runs' documents
  lifecycle shown;  // what that means while the experiment is what it is
};

/// Looks for runs within one snapshot.
template <class Objects>
class run_searcher {
 public:
  run_searcher(const Objects& objects, const layout& keys, const run_query& query, std::string_view position)
      : objects_(&objects), keys_(&keys), query_(&query), walked_(query.order) {
    // A position is the place in the index, a line feed, and the sort key.
    if (const std::size_t end = position.find('\n'); end != position.npos) {
      place_ = position.substr(0, end);
      after_ = position.substr(end + 1);
    }
  }

  result<found_runs> run(std::span<const std::string> experiment_ids) {
    std::vector<experiment> experiments;
    experiments.reserve(experiment_ids.size());
    for (const std::string& each : experiment_ids) {
      auto found = load_experiment(*objects_, *keys_, each);
      if (!found) return std::move(found).error();
      bool twice = false;
      for (const experiment& other : experiments) twice = twice || other.id == found->id;
      if (!twice) experiments.push_back(std::move(*found));
    }
    std::vector<search_scope> scopes;
    for (const experiment& each : experiments)
      for (const lifecycle stage : {lifecycle::active, lifecycle::deleted}) {
        const lifecycle shown = each.stage == lifecycle::deleted ? each.stage : stage;
        if (includes(query_->view, shown)) scopes.push_back({&each, stage, shown});
      }
    store::page_picker<found_run> picker(query_->limit, after_);
    picker_ = &picker;
    auto done = look_at_few(scopes);
    if (!done) return std::move(done).error();
    for (const search_scope& each : scopes) {
      if (*done) break;
      if (auto walked = look_in_order(each); !walked) return std::move(walked).error();
    }
    auto page = picker.finish();
    found_runs made{std::move(page.items), {}};
    if (page.next.empty()) return made;
    const experiment* of = nullptr;
    for (const experiment& each : experiments)
      if (each.id == made.items.back().experiment_id) of = &each;
    const run_row<Objects> last(*objects_, *keys_, *of, lifecycle::active, made.items.back().id);
    made.next = walked_.place(last) + '\n' + page.next;
    if (!last.status()) return last.status().error();
    return made;
  }

 private:
  static constexpr std::size_t few = 1000;

  enum class asked : std::uint8_t { no_match, taken, behind_page };

  /// Asks the filter about a run, and lets the page have it. `place`: START/RUN, or RUN.
  result<asked> ask(const search_scope& in, std::string_view place) {
    const run_row<Objects> row(*objects_, *keys_, *in.of, in.shown, place);
    std::string key;
    const bool is_first = walked_.by == walked_order::kind::start;  // the order, which costs less than the filter
    if (is_first) {
      key = query_->order.sort_key(row);
      if (row.status() && key <= after_) return asked::no_match;
      if (row.status() && !picker_->wants(key)) return asked::behind_page;
    }
    const bool matches = row.status() && query_->filter.matches(row);
    if (matches && !is_first) key = query_->order.sort_key(row);
    if (!row.status()) return row.status().error();
    if (!matches || key <= after_) return asked::no_match;
    if (!picker_->wants(key)) return asked::behind_page;
    picker_->update(std::move(key), {row.id(), in.of->id});
    return asked::taken;
  }

  // ---- few runs by an index of what the filter requires

  /// Looks at the runs that have a value which the filter requires, if few have it. False: there is no such value.
  result<bool> look_at_few(const std::vector<search_scope>& scopes) {
    const std::vector<store::search_range> ranges = store::required_ranges(query_->filter);
    std::vector<std::pair<std::string, std::size_t>> best;  // places of runs, and their scopes by number
    std::size_t most = few + 1;
    for (const store::search_range& range : ranges) {
      std::vector<std::pair<std::string, std::size_t>> found;
      bool useful = true;
      for (std::size_t i = 0; i < scopes.size() && useful; ++i) {
        const auto listed = list_range(scopes[i], range, most, [&](std::string_view suffix) {
          found.push_back({std::string(suffix.substr(suffix.find('/') + 1)), i});
          return found.size() < most;
        });
        if (!listed) return listed.error();
        useful = *listed && found.size() < most;
      }
      if (!useful) continue;
      most = found.size();
      best.swap(found);
      if (most == 0) return true;
    }
    if (most > few) return false;
    millrace::detail::sort_by(best, [](const auto& a, const auto& b) { return a < b; });
    // By START and RUN, they are in the order that most ask for.
    const bool in_order = walked_.by == walked_order::kind::start && best[0].first.find('/') != std::string::npos;
    std::size_t taken = 0;
    for (std::size_t i = 0; i < best.size(); ++i) {
      if (i != 0 && best[i] == best[i - 1]) continue;  // an IN that names a value twice
      const auto one = ask(scopes[best[i].second], best[i].first);
      if (!one) return one.error();
      taken += *one == asked::taken;
      if (in_order && (*one == asked::behind_page || taken > query_->limit)) break;
    }
    return true;
  }
  /// Calls use(suffix) of all entries of a range. False: it has no index, or `use` has ended it.
  template <class Use>
  result<bool> list_range(const search_scope& in, const store::search_range& range, std::size_t most, const Use& use) {
    const store::search_field& field = query_->filter.fields()[range.field];
    const auto each = [&](std::string_view suffix) -> result<bool> { return use(suffix); };
    if (field.kind == store::search_kind::param || field.kind == store::search_kind::tag) {
      if (range.values.empty() || range.values.size() > most) return false;
      const std::string prefix = keys_->text_values(field.kind == store::search_kind::param ? "parameters" : "tags",
                                                    in.of->id, in.stage, field.key);
      for (const store::search_value& value : range.values) {
        const auto done =
            store::walk_index_up(*objects_, prefix + store::text_key_part(value.text()) + '/', "", each, prefix.size());
        if (!done || !*done) return done;
      }
      return true;
    }
    const std::string_view index = is_figure(field.kind) ? index_of_figure(field.kind) : std::string_view();
    if (index.empty()) return false;
    const std::string prefix = keys_->metric_values(in.of->id, in.stage, field.key, index);
    if (range.values.size() > most) return false;
    return store::walk_index_range(*objects_, prefix, range, each);
  }

  // ---- all runs, in order if there is an index for it

  result<bool> look_in_order(const search_scope& in) {
    std::size_t taken = 0;
    const auto each = [&](std::string_view suffix) -> result<bool> {
      const std::size_t value = suffix.rfind('/', suffix.rfind('/') - 1);  // ends there, if there is one
      const auto one = ask(in, value == suffix.npos ? suffix : suffix.substr(value + 1));
      if (!one) return one.error();
      taken += *one == asked::taken;
      return walked_.by == walked_order::kind::none || (*one != asked::behind_page && taken <= query_->limit);
    };
    const std::string starts = keys_->starts(in.of->id, in.stage);
    if (walked_.by != walked_order::kind::figure) {
      const bool resumed = walked_.by == walked_order::kind::start && !place_.empty();
      return store::walk_index_up(*objects_, starts, resumed ? starts + place_ : std::string(), each);
    }
    const std::string index =
        keys_->metric_values(in.of->id, in.stage, walked_.figure.key, index_of_figure(walked_.figure.kind));
    result<bool> more = true;
    const bool resumed_behind = place_.starts_with("-/");
    if (!resumed_behind) more = walked_.descending ? walk_figures_down(index, each) : walk_figures_up(index, each);
    if (!more || !*more) return more;
    // Those without the figure, in the order of their start.
    return store::walk_index_up(*objects_, starts, resumed_behind ? starts + place_.substr(2) : std::string(),
                                [&](std::string_view suffix) -> result<bool> {
                                  const run_row<Objects> row(*objects_, *keys_, *in.of, in.shown, suffix);
                                  const bool has = !row.find(walked_.figure).is_absent();
                                  if (!row.status()) return row.status().error();
                                  if (has) return true;
                                  return each(suffix);
                                });
  }
  template <class Each>
  result<bool> walk_figures_up(const std::string& index, const Each& each) {
    return store::walk_index_up(*objects_, index, place_.empty() ? std::string() : index + place_, each);
  }
  /// The greatest number first, and NaN behind them all.
  template <class Each>
  result<bool> walk_figures_down(const std::string& index, const Each& each) {
    const std::string nans = index + std::string(store::index_nan) + '/';
    const std::string value = place_.substr(0, store::index_value_size);
    if (value == store::index_nan) return store::walk_index_up(*objects_, nans, index + place_, each, index.size());
    result<bool> more = true;
    if (!place_.empty())
      more = store::walk_index_up(*objects_, index + value + '/', index + place_, each, index.size());
    if (more && *more)
      more =
          store::walk_index_down(*objects_, index, place_.empty() ? store::index_nan : std::string_view(value), each);
    if (more && *more) more = store::walk_index_up(*objects_, nans, "", each, index.size());
    return more;
  }

  const Objects* objects_;
  const layout* keys_;
  const run_query* query_;
  const walked_order walked_;
  std::string place_;
  std::string after_;
  store::page_picker<found_run>* picker_ = nullptr;
};

template <class Objects>
result<found_runs> find_runs(const Objects& objects, const layout& keys, const run_query& query,
                             std::span<const std::string> experiment_ids, std::string_view position) {
  return run_searcher<Objects>(objects, keys, query, position).run(experiment_ids);
}

}  // namespace detail
}  // namespace track
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_TRACK_DETAIL_RUN_SEARCH_HPP
