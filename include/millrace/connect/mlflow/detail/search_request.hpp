#ifndef MILLRACE_CONNECT_MLFLOW_DETAIL_SEARCH_REQUEST_HPP
#define MILLRACE_CONNECT_MLFLOW_DETAIL_SEARCH_REQUEST_HPP

#include <millrace/connect/mlflow/detail/message.hpp>
#include <millrace/connect/mlflow/fwd.hpp>
#include <millrace/core/result.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Parts of requests that calls about runs and calls about models have in common.
namespace millrace {
inline namespace v0 {
namespace connect {
namespace mlflow {
namespace detail {

inline result<std::vector<std::string>> texts_of(const message& in, std::string_view name) {
  std::vector<std::string> made;
  auto walked = in.for_each(name, [&](const message& each) -> result<void> {
    auto text = each.required("value");
    if (!text) return message::no(name, "an array of texts");
    made.push_back(*std::move(text));
    return {};
  });
  if (!walked) return std::move(walked).error();
  return made;
}
/// Keys and values, each of which is a `Pair`: tags, parameters.
template <class Pair>
result<std::vector<Pair>> pairs_of(const message& in, std::string_view name) {
  std::vector<Pair> made;
  auto walked = in.for_each(name, [&](const message& each) -> result<void> {
    auto key = each.required("key");
    if (!key) return std::move(key).error();
    auto value = each.text("value");
    if (!value) return std::move(value).error();
    made.push_back({*std::move(key), *std::move(value)});
    return {};
  });
  if (!walked) return std::move(walked).error();
  return made;
}

/// Reads what all searches have in common into their options. `page`: the results of a page if the request does not
/// say how many.
template <class Options>
result<void> read_search(const message& in, std::int64_t page, Options& made) {
  auto filter = in.text("filter");
  if (!filter) return std::move(filter).error();
  made.filter = *std::move(filter);
  auto order = texts_of(in, "order_by");
  if (!order) return std::move(order).error();
  made.order_by = *std::move(order);
  const auto most = in.integer("max_results", page);
  if (!most) return most.error();
  if (*most <= 0) return message::no("max_results", "a positive integer");
  made.max_results = static_cast<std::size_t>(*most);
  auto token = in.text("page_token");
  if (!token) return std::move(token).error();
  made.page_token = *std::move(token);
  return {};
}

}  // namespace detail
}  // namespace mlflow
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_MLFLOW_DETAIL_SEARCH_REQUEST_HPP
