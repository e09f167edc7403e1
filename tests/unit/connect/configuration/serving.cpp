#include <millrace/connect/configuration/serving.hpp>

#include <support/catch.hpp>

namespace mr = millrace;
namespace mc = millrace::connect::configuration;

TEST_CASE("inference and online learning are as their settings say") {
  const auto batches =
      mc::batching({.default_batch_size = 7, .default_batch_timeout = mr::seconds(0.02), .max_concurrency = 3});
  CHECK(batches.max_rows == 7);
  CHECK(batches.max_delay == mr::seconds(0.02));
  CHECK(batches.concurrency == 3);
  mc::online_learning_settings online;
  CHECK(mc::learning(online).batch == 32);
  CHECK(mc::learning(online).interval == mr::seconds(5));
  CHECK(mc::learning(online).holdout_every == 5);
  online.validation_split = 0.3;
  CHECK(mc::learning(online).holdout_every == 3);
  online.enable_validation = false;
  CHECK(mc::learning(online).holdout_every == 0);
  CHECK(mc::checkpoints(online).interval == mr::seconds(300));
  CHECK(mc::checkpoint_path(online, "clicks") == "./ml-checkpoints/clicks.state");
  CHECK(mc::feature_caching({}).ttl == mr::seconds(300));
}
