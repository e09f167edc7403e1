#ifndef MILLRACE_REGISTRY_SEARCH_HPP
#define MILLRACE_REGISTRY_SEARCH_HPP

#include <millrace/core/result.hpp>
#include <millrace/registry/fwd.hpp>
#include <millrace/registry/records.hpp>
#include <millrace/registry/stage.hpp>
#include <millrace/store/search.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {
inline namespace v0 {
namespace registry {

/// What to search for, and how much of it.
struct search_options {
  /// As `store::search_filter` reads it: `name = 'fraud' AND metrics.auc > 0.9`; empty: everything.
  std::string filter = {};
  /// As `store::search_order` reads it: `metrics.auc DESC`.
  std::vector<std::string> order_by = {};
  /// Of a page: 1 to 50,000.
  std::size_t max_results = 1000;
  /// That of the last page; empty: the first page.
  std::string page_token = {};
  /// `mlflow` takes what MLflow's own registry takes, and nothing else.
  store::search_grammar grammar = store::search_grammar::full;
};

/// A page of what was found. The token is empty if it is the last one.
template <class Item>
struct search_page {
  std::vector<Item> items;
  std::string next_page_token;
};

namespace detail {

inline constexpr store::search_asks ask_texts =
    store::search_asks::equality | store::search_asks::patterns | store::search_asks::lists;
inline constexpr store::search_asks ask_numbers = store::search_asks::equality | store::search_asks::order;

inline constexpr store::searched_key searched_version_keys[] = {
    {"name", store::search_type::text, ask_texts, true},
    {"version_number", store::search_type::integer, ask_numbers, true, {"version"}},
    {"semantic_version", store::search_type::text, ask_texts, true},
    {"stage", store::search_type::text, ask_texts, true, {"current_stage"}},
    {"framework", store::search_type::text, ask_texts, true},
    {"run_id", store::search_type::text, ask_texts, true},
    {"source_path", store::search_type::text, ask_texts, true, {"source"}},
    {"user_id", store::search_type::text, ask_texts, true, {"created_by"}},
    {"description", store::search_type::text, ask_texts, true},
    {"creation_timestamp", store::search_type::integer, ask_numbers, true},
    {"last_updated_timestamp", store::search_type::integer, ask_numbers, true},
};
inline constexpr store::searched_key searched_data_keys[] = {
    {"name", store::search_type::text, ask_texts},
    {"digest", store::search_type::text, ask_texts},
    {"context", store::search_type::text, ask_texts, false, {"role"}},
};
inline constexpr store::searched_group searched_version_groups[] = {
    {store::search_kind::attribute, {"attributes", "attribute"}, searched_version_keys},
    {store::search_kind::metric, {"metrics", "metric"}, {}, store::search_type::number, ask_numbers, true},
    {store::search_kind::param,
     {"params", "param", "hyperparameters"},
     {},
     store::search_type::text,
     ask_texts | store::search_asks::nulls,
     true},
    {store::search_kind::tag,
     {"tags", "tag"},
     {},
     store::search_type::text,
     ask_texts | store::search_asks::nulls,
     true},
    {store::search_kind::dataset,
     {"datasets", "dataset"},
     searched_data_keys,
     store::search_type::text,
     ask_texts,
     false,
     true},
};

template <class Entry>
store::search_value value_of(const std::vector<Entry>& entries, std::string_view key) noexcept {
  for (const Entry& each : entries)
    if (each.key == key) return each.value;
  return {};
}
constexpr std::int64_t in_milliseconds(std::uint64_t time) noexcept {
  return static_cast<std::int64_t>(time / 1'000'000U);
}
inline store::search_value text_or_none(std::string_view text) noexcept {
  if (text.empty()) return {};
  return text;
}

/// A version as a row of a search.
struct version_row {
  const model_version* of;

  store::search_value find(const store::search_field& field) const noexcept {
    switch (field.kind) {
      case store::search_kind::attribute: return attribute(field.key);
      case store::search_kind::metric: return value_of(of->metrics, field.key);
      case store::search_kind::param: return value_of(of->hyperparameters, field.key);
      case store::search_kind::tag: return value_of(of->tags, field.key);
      case store::search_kind::dataset: break;
    }
    return {};
  }
  template <class Use>
  void for_each(const store::search_field& field, const Use& use) const {
    for (const data_set& each : of->data_sets)
      use(store::search_value(field.key == "name" ? each.name : field.key == "digest" ? each.digest : each.role));
  }

 private:
  store::search_value attribute(std::string_view key) const noexcept {
    if (key == "name") return of->model;
    if (key == "version_number") return of->version;
    if (key == "semantic_version") return text_or_none(of->semantic);
    if (key == "stage" || key == "current_stage") return to_string(of->stage);
    if (key == "framework") return text_or_none(of->framework);
    if (key == "run_id") return text_or_none(of->run_id);
    if (key == "source_path") return text_or_none(of->source);
    if (key == "user_id") return text_or_none(of->created_by);
    if (key == "description") return text_or_none(of->description);
    if (key == "creation_timestamp") return in_milliseconds(of->created);
    if (key == "last_updated_timestamp") return in_milliseconds(of->updated);
    if (key == "status") return std::string_view("READY");
    return {};
  }
};

/// A model as a row of a search.
struct model_row {
  const model* of;

  store::search_value find(const store::search_field& field) const noexcept {
    if (field.kind == store::search_kind::tag) return value_of(of->tags, field.key);
    if (field.kind != store::search_kind::attribute) return {};
    if (field.key == "name") return of->name;
    if (field.key == "description") return text_or_none(of->description);
    if (field.key == "creation_timestamp") return in_milliseconds(of->created);
    if (field.key == "last_updated_timestamp") return in_milliseconds(of->updated);
    return {};
  }
};

/// Picks a page of the rows that `each_row(use)` calls `use(item)` with.
template <class Row, class Item, class EachRow>
result<search_page<Item>> pick_page(const search_options& options, const store::search_schema& schema,
                                    const EachRow& each_row) {
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
  store::page_picker<Item> picker(options.max_results, std::move(*position));
  auto walked = each_row([&](Item&& item) {
    const Row row{&item};
    if (!filter->matches(row)) return;
    std::string key = order->sort_key(row);
    if (picker.wants(key)) picker.update(std::move(key), std::move(item));
  });
  if (!walked) return std::move(walked).error();
  auto found = picker.finish();
  return search_page<Item>{std::move(found.items), found.next.empty() ? std::string() : tokens.token(found.next)};
}

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
/// Complexity: looks at all versions. Memory: two pages.
/// Errors: invalid_argument: the filter, the order, the token or the size of the page; those of the registry.
template <class Registry>
result<search_page<model_version>> search_versions(const Registry& models, const search_options& options = {}) {
  const auto& schema =
      options.grammar == store::search_grammar::mlflow ? store::model_version_schema : searched_versions;
  return detail::pick_page<detail::version_row, model_version>(
      options, schema, [&](const auto& use) { return models.for_each_version(use); });
}

/// Searches models, by `store::registered_model_schema`. As `search_versions`.
template <class Registry>
result<search_page<model>> search_models(const Registry& models, const search_options& options = {}) {
  return detail::pick_page<detail::model_row, model>(options, store::registered_model_schema,
                                                     [&](const auto& use) { return models.for_each_model(use); });
}

}  // namespace registry
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_REGISTRY_SEARCH_HPP
