#include <millrace/connect/mlflow/client_options.hpp>

#include <support/catch.hpp>

TEST_CASE("a client's options are those of MLflow's own server") {
  const millrace::connect::mlflow::client_options options;
  CHECK(options.root == "/api/2.0/mlflow/");
  CHECK(options.artifacts == "/api/2.0/mlflow-artifacts/artifacts/");
  CHECK(options.wall_clock() > 1'600'000'000'000'000'000U);
}
