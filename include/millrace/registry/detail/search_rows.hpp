#ifndef MILLRACE_REGISTRY_DETAIL_SEARCH_ROWS_HPP
#define MILLRACE_REGISTRY_DETAIL_SEARCH_ROWS_HPP

#include <millrace/registry/fwd.hpp>
#include <millrace/registry/records.hpp>
#include <millrace/registry/stage.hpp>
#include <millrace/store/search.hpp>

#include <cstdint>
#include <string_view>
#include <vector>

// What can be asked of versions and models in a search, and what they have.
namespace millrace {
inline namespace v0 {
namespace registry {
namespace detail {

inline constexpr store::search_asks ask_texts =
    store::search_asks::equality | store::search_asks::patterns | store::search_asks::lists;
inline constexpr store::search_asks ask_numbers = store::search_asks::equality | store::search_asks::order;

inline constexpr store::searched_key searched_version_keys[] = {
    {"name", store::search_type::text, ask_texts, true},
    {"version_number", store::search_type::integer, ask_numbers | store::search_asks::quoted_number, true, {"version"}},
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
     true,
     false,
     store::model_version_schema.groups.back().defaults},
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

}  // namespace detail
}  // namespace registry
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_REGISTRY_DETAIL_SEARCH_ROWS_HPP
