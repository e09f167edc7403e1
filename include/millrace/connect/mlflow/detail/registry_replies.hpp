#ifndef MILLRACE_CONNECT_MLFLOW_DETAIL_REGISTRY_REPLIES_HPP
#define MILLRACE_CONNECT_MLFLOW_DETAIL_REGISTRY_REPLIES_HPP

#include <millrace/connect/mlflow/detail/message.hpp>
#include <millrace/connect/mlflow/detail/replies.hpp>
#include <millrace/connect/mlflow/fwd.hpp>
#include <millrace/core/result.hpp>
#include <millrace/registry/records.hpp>
#include <millrace/registry/stage.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

// The messages of MLflow's API as the records that a registry has of them.
namespace millrace {
inline namespace v0 {
namespace connect {
namespace mlflow {
namespace detail {

/// Milliseconds since 1970, which a registry has as nanoseconds.
inline result<void> read_time(const message& in, std::string_view name, std::uint64_t& to) {
  const auto found = in.integer(name, 0);
  if (!found) return found.error();
  constexpr std::int64_t most = 18'446'744'073'709;  // after which there are no nanoseconds of 64 bits
  if (*found < 0 || *found > most) return message::no(name, "a time in milliseconds since 1970");
  to = static_cast<std::uint64_t>(*found) * 1'000'000U;
  return {};
}

/// A message ModelVersion.
inline result<registry::model_version> read_version(const message& in) {
  registry::model_version made;
  std::string stage;
  auto done = member_reader(in)
                  .text("name", made.model)
                  .integer("version", made.version)
                  .text("current_stage", stage)
                  .text("description", made.description)
                  .text("source", made.source)
                  .text("run_id", made.run_id)
                  .text("run_link", made.run_link)
                  .text("user_id", made.created_by)
                  .pairs("tags", made.tags)
                  .list("aliases", made.aliases, [](const message& each) { return each.required("value"); })
                  .done();
  if (done) done = read_time(in, "creation_timestamp", made.created);
  if (done) done = read_time(in, "last_updated_timestamp", made.updated);
  if (!done) return std::move(done).error();
  if (made.version == 0) return message::missing("version");
  if (!stage.empty()) {
    const auto known = registry::parse_stage(stage);
    if (!known) return known.error();
    made.stage = *known;
  }
  return made;
}

/// A message RegisteredModel.
inline result<registry::model> read_model(const message& in) {
  registry::model made;
  auto done = member_reader(in)
                  .text("name", made.name)
                  .text("description", made.description)
                  .text("user_id", made.created_by)
                  .pairs("tags", made.tags)
                  .list("aliases", made.aliases,
                        [](const message& each) -> result<registry::alias> {
                          registry::alias one;
                          auto read =
                              member_reader(each).text("alias", one.name).integer("version", one.version).done();
                          if (!read) return std::move(read).error();
                          return one;
                        })
                  .done();
  if (done) done = read_time(in, "creation_timestamp", made.created);
  if (done) done = read_time(in, "last_updated_timestamp", made.updated);
  if (!done) return std::move(done).error();
  if (made.name.empty()) return message::missing("name");
  return made;
}

}  // namespace detail
}  // namespace mlflow
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_MLFLOW_DETAIL_REGISTRY_REPLIES_HPP
