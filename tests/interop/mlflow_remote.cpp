// The driver of mlflow_remote.py: what holds for tracking and for registering models, on the server that the variable
// MILLRACE_MLFLOW_URI names; with MILLRACE_MLFLOW_OWN set, it is one of ours.
#include <millrace/connect/curl.hpp>
#include <millrace/connect/mlflow/registry_client.hpp>
#include <millrace/connect/mlflow/tracking_client.hpp>
#include <millrace/store/secret.hpp>

#include <laws/registering.hpp>
#include <laws/tracking.hpp>
#include <support/catch.hpp>

#include <unistd.h>

#include <cstdlib>
#include <string>
#include <utility>

namespace mr = millrace;
namespace curl = millrace::connect::curl;
namespace mlflow = millrace::connect::mlflow;

namespace {

/// Names of this run's alone, for a server that has had others.
std::string prefix() { return "p" + std::to_string(::getpid()) + ' '; }

curl::transport server() {
  const char* const uri = std::getenv("MILLRACE_MLFLOW_URI");
  REQUIRE(uri != nullptr);
  curl::transport_options options;
  if (auto token = mr::store::environment_secret("MLFLOW_TRACKING_TOKEN")) options.token = *std::move(token);
  auto made = curl::transport::make(uri, std::move(options));
  REQUIRE(made);
  return *std::move(made);
}

}  // namespace

TEST_CASE("a server of MLflow's elsewhere passes what holds for tracking") {
  auto transport = server();
  mlflow::tracking_client client(transport);
  laws::tracks(client, prefix(),
               std::getenv("MILLRACE_MLFLOW_OWN") != nullptr ? laws::doubles::all : laws::doubles::finite);
}

TEST_CASE("a server of MLflow's elsewhere passes what holds for registering models") {
  auto transport = server();
  mlflow::registry_client client(transport);
  laws::registers_models(client, prefix());
  laws::registers_versions(client, prefix(), "s3://bucket/model");
}

TEST_CASE("the token is asked for, and no error has it") {
  auto transport = server();
  if (!mr::store::environment_secret("MLFLOW_TRACKING_TOKEN")) return;
  auto other = curl::transport::make(transport.address(),
                                     {.token = mr::store::secret<std::string>(std::string("another-canary"))});
  REQUIRE(other);
  mlflow::tracking_client refused(*other);
  const auto found = refused.get_experiment("1");
  REQUIRE_FALSE(found);
  CHECK(found.error().code() == mr::errc::permission_denied);
  CHECK(found.error().describe().find("UNAUTHENTICATED") != std::string::npos);
  CHECK(found.error().describe().find("another-canary") == std::string::npos);
}
