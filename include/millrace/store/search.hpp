#ifndef MILLRACE_STORE_SEARCH_HPP
#define MILLRACE_STORE_SEARCH_HPP

/// search: filters, orders and pages over rows of any kind, in the grammar of MLflow's searches and beyond it.
///
/// - `search_filter`: reads `metrics.loss < 0.1 AND tags.team = 'a'` once and asks rows; with OR, NOT, parentheses,
///   BETWEEN, IS NULL and more, unless only MLflow's grammar is taken
/// - `search_order`: reads `metrics.loss DESC` and gives each row a sort key, with absent values last
/// - `page_tokens`, `page_picker`: pages by the position of the last row, and tokens that are bound to their query
/// - `required_ranges`: where all rows that match have their values, for who has an index
/// - `walk_index_up`, `walk_index_down`, `walk_index_range`: go through such an index in a storage
/// - `search_schema`: what can be asked; `run_schema`, `experiment_schema`, `registered_model_schema` and
///   `model_version_schema` are MLflow's
/// - `searchable`: a row, `search_value`: what it has under a key, `like_pattern`: SQL's LIKE in linear time
/// - `quoted_search_text`, `quoted_search_key`: texts of others as parts of a filter

#include <millrace/store/search/filter.hpp>
#include <millrace/store/search/index_walk.hpp>
#include <millrace/store/search/like_pattern.hpp>
#include <millrace/store/search/mlflow_schemas.hpp>
#include <millrace/store/search/node.hpp>
#include <millrace/store/search/order.hpp>
#include <millrace/store/search/page.hpp>
#include <millrace/store/search/ranges.hpp>
#include <millrace/store/search/schema.hpp>
#include <millrace/store/search/value.hpp>

#endif  // MILLRACE_STORE_SEARCH_HPP
