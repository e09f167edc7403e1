#ifndef MILLRACE_STORE_SEARCH_MLFLOW_SCHEMAS_HPP
#define MILLRACE_STORE_SEARCH_MLFLOW_SCHEMAS_HPP

#include <millrace/store/fwd.hpp>
#include <millrace/store/search/schema.hpp>

namespace millrace {
inline namespace v0 {
namespace store {
namespace detail {

inline constexpr search_asks ask_texts = search_asks::equality | search_asks::patterns;
inline constexpr search_asks ask_lists = ask_texts | search_asks::lists;
inline constexpr search_asks ask_optional_texts = ask_texts | search_asks::nulls;
inline constexpr search_asks ask_numbers = search_asks::equality | search_asks::order;

inline constexpr searched_key run_keys[] = {
    {"run_id", search_type::text, ask_lists, true},
    {"run_name", search_type::text, ask_texts, true, {"run name", "Run name", "Run Name"}},
    {"experiment_id"},
    {"user_id", search_type::text, ask_texts, true},
    {"status", search_type::text, ask_texts, true},
    {"lifecycle_stage"},
    {"artifact_uri", search_type::text, ask_texts, true},
    {"start_time", search_type::number, ask_numbers, true, {"created", "Created"}},
    {"end_time", search_type::number, ask_numbers, true},
};
inline constexpr searched_key dataset_keys[] = {
    {"name", search_type::text, ask_lists},
    {"digest", search_type::text, ask_lists},
    {"context", search_type::text, ask_lists},
};
inline constexpr searched_group run_groups[] = {
    {search_kind::attribute, {"attributes", "attribute", "attr", "run"}, run_keys},
    {search_kind::metric, {"metrics", "metric"}, {}, search_type::number, ask_numbers, true},
    {search_kind::param,
     {"params", "param", "parameters", "parameter"},
     {},
     search_type::text,
     ask_optional_texts,
     true},
    {search_kind::tag, {"tags", "tag"}, {}, search_type::text, ask_optional_texts, true},
    {search_kind::dataset, {"datasets", "dataset"}, dataset_keys, search_type::text, ask_lists, false, true},
};
inline constexpr searched_order run_ties[] = {{"start_time", true}, {"run_id", false}};

inline constexpr searched_key experiment_keys[] = {
    {"name", search_type::text, ask_texts, true},
    {"experiment_id", search_type::text, search_asks::equality | search_asks::lists, true, {}, true},
    {"creation_time", search_type::integer, ask_numbers, true},
    {"last_update_time", search_type::integer, ask_numbers, true},
    {"lifecycle_stage"},
    {"artifact_location"},
};
inline constexpr searched_group experiment_groups[] = {
    {search_kind::attribute, {"attributes", "attribute"}, experiment_keys},
    {search_kind::tag, {"tags", "tag"}, {}, search_type::text, ask_optional_texts},
};
inline constexpr searched_order experiment_order[] = {{"creation_time", true}, {"experiment_id", false}};
inline constexpr searched_order experiment_ties[] = {{"experiment_id", true}};

/// MLflow keeps prompts among the models, under this tag. Its clients ask for models by `!= 'true'`, which models
/// without the tag meet.
inline constexpr searched_default prompt_defaults[] = {{"mlflow.prompt.is_prompt", "false"}};

inline constexpr searched_key registered_model_keys[] = {
    {"name", search_type::text, ask_lists, true},
    {"creation_timestamp", search_type::integer},
    {"last_updated_timestamp", search_type::integer, search_asks::nothing, true, {"timestamp"}},
    {"description"},
};
inline constexpr searched_group registered_model_groups[] = {
    {search_kind::attribute, {"attributes", "attribute"}, registered_model_keys},
    {search_kind::tag, {"tags", "tag"}, {}, search_type::text, ask_texts, false, false, prompt_defaults},
};
inline constexpr searched_order registered_model_ties[] = {{"name", false}};

inline constexpr searched_key model_version_keys[] = {
    {"name", search_type::text, ask_lists, true},
    {"version_number", search_type::integer, ask_numbers | search_asks::quoted_number, true},
    {"run_id", search_type::text, ask_lists},
    {"source_path", search_type::text, ask_texts},
    {"creation_timestamp", search_type::integer, search_asks::nothing, true},
    {"last_updated_timestamp", search_type::integer, search_asks::nothing, true},
    {"current_stage"},
    {"status"},
    {"user_id"},
    {"description"},
};
inline constexpr searched_group model_version_groups[] = {
    {search_kind::attribute, {"attributes", "attribute"}, model_version_keys},
    {search_kind::tag, {"tags", "tag"}, {}, search_type::text, ask_texts, false, false, prompt_defaults},
};
inline constexpr searched_order model_version_order[] = {{"last_updated_timestamp", true}};
inline constexpr searched_order model_version_ties[] = {{"name", false}, {"version_number", true}};

}  // namespace detail

// What MLflow's four searches take, and how they sort, and besides, for the full grammar, keys that MLflow has but
// cannot search for. Source: documentation and answers of MLflow 3.17.

/// `search_runs`: attributes, `metrics.`, `params.`, `tags.`, `datasets.`.
inline constexpr search_schema run_schema{"runs", detail::run_groups, {}, detail::run_ties};
/// `search_experiments`: attributes and `tags.`.
inline constexpr search_schema experiment_schema{"experiments", detail::experiment_groups, detail::experiment_order,
                                                 detail::experiment_ties};
/// `search_registered_models`: attributes and `tags.`.
inline constexpr search_schema registered_model_schema{
    "registered models", detail::registered_model_groups, {}, detail::registered_model_ties};
/// `search_model_versions`: attributes and `tags.`.
inline constexpr search_schema model_version_schema{"model versions", detail::model_version_groups,
                                                    detail::model_version_order, detail::model_version_ties};

}  // namespace store
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_STORE_SEARCH_MLFLOW_SCHEMAS_HPP
