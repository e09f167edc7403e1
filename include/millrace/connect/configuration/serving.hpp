#ifndef MILLRACE_CONNECT_CONFIGURATION_SERVING_HPP
#define MILLRACE_CONNECT_CONFIGURATION_SERVING_HPP

#include <millrace/connect/configuration/fwd.hpp>
#include <millrace/connect/configuration/ml_settings.hpp>
#include <millrace/infer/online/checkpoint.hpp>
#include <millrace/infer/online/online_options.hpp>
#include <millrace/infer/serving/batcher_options.hpp>
#include <millrace/resilience/caches/cache_options.hpp>

#include <string>
#include <string_view>

namespace millrace {
inline namespace v0 {
namespace connect {
namespace configuration {

/// How a batcher asks models as settings say: full at `default_batch_size`, after `default_batch_timeout`, so many
/// batches at a time. A request's deadline is `max_latency`, for who makes requests.
inline infer::batcher_options batching(const inference_settings& by) {
  infer::batcher_options made;
  made.policy = infer::batching::by_deadline;
  made.max_rows = by.default_batch_size;
  made.max_delay = by.default_batch_timeout;
  made.concurrency = by.max_concurrency;
  return made;
}

/// How a learner learns as settings say. Of samples each 1/`validation_split`-th is held out.
inline infer::online_options learning(const online_learning_settings& by) {
  infer::online_options made;
  made.batch = by.default_update_batch_size;
  made.interval = by.default_update_interval;
  const bool holds_out = by.enable_validation && by.validation_split > 0;
  made.holdout_every = holds_out ? static_cast<std::uint64_t>(1 / by.validation_split + 0.5) : 0;
  return made;
}
/// When a learner is written to its file.
inline infer::checkpoint_options checkpoints(const online_learning_settings& by) {
  infer::checkpoint_options made;
  made.interval = by.default_checkpoint_interval;
  return made;
}
/// Which file that is: `./ml-checkpoints/clicks.state`.
inline std::string checkpoint_path(const online_learning_settings& by, std::string_view model) {
  std::string made = by.checkpoint_dir.empty() ? "." : by.checkpoint_dir;
  if (!made.ends_with('/')) made += '/';
  return made.append(model) + ".state";
}

/// How features are kept in this process; with Redis, in front of it.
inline resilience::cache_options feature_caching(const feature_store_settings& by) {
  resilience::cache_options made;
  made.ttl = by.ttl;
  return made;
}

}  // namespace configuration
}  // namespace connect
}  // namespace v0
}  // namespace millrace

#endif  // MILLRACE_CONNECT_CONFIGURATION_SERVING_HPP
