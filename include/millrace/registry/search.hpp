#ifndef MILLRACE_REGISTRY_SEARCH_HPP
#define MILLRACE_REGISTRY_SEARCH_HPP

#include <millrace/core/result.hpp>
#include <millrace/registry/detail/search_rows.hpp>
#include <millrace/registry/detail/version_search.hpp>
#include <millrace/registry/fwd.hpp>
#include <millrace/registry/operations.hpp>
#include <millrace/registry/records.hpp>
#include <millrace/store/search.hpp>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace registry {

namespace detail {

/// What a search asks, once it is read.
struct search_query {
  store::search_filter filter;
  store::search_order order;
  store::page_tokens tokens;
  std::string position;

  static result<search_query> make(const search_options& options, const store::search_schema& schema) {
    if (options.max_results == 0 || options.max_results > 50'000)
      return error(errc::invalid_argument,
                   "a page has 1 to 50000 results, and not " + std::to_string(options.max_results));
    auto filter = store::search_filter::make(options.filter, schema, options.grammar);
    if (!filter) return std::move(filter).error();
    auto order = store::search_order::make(options.order_by, schema, options.grammar);
    if (!order) return std::move(order).error();
    const store::page_tokens tokens(*filter, *order, schema.name);
    auto position = tokens.position(options.page_token);
    if (!position) return std::move(position).error();
    return search_query{std::move(*filter), std::move(*order), tokens, std::move(*position)};
  }
  std::string token(const std::string& next) const { return next.empty() ? std::string() : tokens.token(next); }
};

}  // namespace detail

/// What versions can be searched for, beyond MLflow's keys: `stage`, `semantic_version`, `framework`, `metrics.`,
/// `params.`, `datasets.`. Times are in milliseconds, as MLflow has them.
inline constexpr store::search_schema searched_versions{"model versions", detail::searched_version_groups,
                                                        store::model_version_schema.order,
                                                        store::model_version_schema.ties};

/// Searches the versions of all models; those that are deleted are left out.
///
///     auto best = mr::registry::search_versions(models, {.filter = "name = 'fraud' AND metrics.auc > 0.9",
///                                                        .order_by = {"metrics.auc DESC"}});
///
/// Guarantee: a page is of one moment, and goes on where the last one ended.
/// Complexity: of the models, those whose names the filter requires, by `=`, IN or the beginning of a LIKE, and else
/// all. Of these, where the filter requires of a metric, run, stage, number or data set a value that few versions have
/// (1,000), these are looked at; where the order begins with a metric, `last_updated_timestamp` (the default) or
/// `version_number`, versions are looked at in that order until the page is full; else all versions are looked at.
/// Memory: two pages, and the models. Errors: invalid_argument: the filter, the order, the token or the size of the
/// page; those of the registry.
template <class Registry>
result<search_page<model_version>> search_versions(const Registry& models, const search_options& options = {}) {
  using page = search_page<model_version>;
  const auto& schema =
      options.grammar == store::search_grammar::mlflow ? store::model_version_schema : searched_versions;
  const auto query = detail::search_query::make(options, schema);
  if (!query) return query.error();
  auto after = detail::version_position::make(query->position);
  if (!after) return std::move(after).error();
  return detail::registry_access::look(models, [&](const auto& books) -> result<page> {
    detail::version_searcher searcher(books, query->filter, query->order, options.max_results, *after);
    auto found = searcher.run();
    if (!found) return std::move(found).error();
    return page{std::move(found->items), query->token(found->next)};
  });
}

/// Searches models, by `store::registered_model_schema`: looks at all of them. As `search_versions`.
template <class Registry>
result<search_page<model>> search_models(const Registry& models, const search_options& options = {}) {
  const auto query = detail::search_query::make(options, store::registered_model_schema);
  if (!query) return query.error();
  store::page_picker<model> picker(options.max_results, query->position);
  auto walked = models.for_each_model([&](model&& each) {
    const detail::model_row row{&each};
    if (!query->filter.matches(row)) return;
    std::string key = query->order.sort_key(row);
    if (picker.wants(key)) picker.update(std::move(key), std::move(each));
  });
  if (!walked) return std::move(walked).error();
  auto found = picker.finish();
  return search_page<model>{std::move(found.items), query->token(found.next)};
}

}  // namespace registry
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_REGISTRY_SEARCH_HPP
