#include <millrace/connect/rest/served_models.hpp>

#include <millrace/infer/serving.hpp>

#include <support/catch.hpp>
#include <support/rest.hpp>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace mr = millrace;
namespace rest = millrace::connect::rest;
using rest_tests::sum_model;

TEST_CASE("models of all kinds are served under their names") {
  const sum_model plain;
  mr::infer::swappable live{sum_model{3, 2}};
  mr::infer::batcher serve{live, mr::infer::max_rows<2>};
  rest::served_models models(3);
  REQUIRE(models.add("plain", plain));
  REQUIRE(models.add("live", serve));
  REQUIRE(models.put("kept", sum_model{1, 1}));
  CHECK(models.add("plain", plain).error().code() == mr::errc::already_exists);
  CHECK(models.add("", plain).error().code() == mr::errc::invalid_argument);
  CHECK(models.put("more", sum_model{}).error().code() == mr::errc::no_space);
  CHECK(models.list().size() == 3);

  const auto found = models.find("live");
  REQUIRE(found);
  CHECK(found->inputs() == 3);
  CHECK(found->outputs() == 2);
  CHECK(found->version() == 1);
  const std::vector<float> rows{1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 1, 1, 2, 2, 2};
  std::vector<double> out(10);
  const auto done = found->predict({rows, 3}, out);  // in three batches
  REQUIRE(done);
  REQUIRE(*done);
  CHECK(done->version == 1);
  CHECK(out == std::vector<double>{6, -6, 15, -15, 24, -24, 3, -3, 6, -6});
  CHECK(found->predict({rows, 5}, out).error().code() == mr::errc::shape_mismatch);
  CHECK(found->predict({}, out).error().code() == mr::errc::shape_mismatch);
  CHECK(models.find("plain")->version() == 0);
  CHECK_FALSE(models.find("none"));
  serve.close();
  CHECK(found->predict({rows, 3}, out)->status == mr::infer::serving_status::closed);
}

TEST_CASE("a model that is replaced or removed goes with its last request") {
  struct counted : sum_model {
    std::shared_ptr<int> alive = std::make_shared<int>(0);
  };
  rest::served_models models;
  const counted first;
  REQUIRE(models.put("m", first));
  CHECK(first.alive.use_count() == 2);
  {
    const auto held = models.find("m");
    REQUIRE(models.put("m", sum_model{1, 1}));
    CHECK(models.list().size() == 1);
    CHECK(models.find("m")->inputs() == 1);
    CHECK(held->inputs() == 2);
    CHECK(first.alive.use_count() == 2);
  }
  CHECK(first.alive.use_count() == 1);
  CHECK(models.remove("m"));
  CHECK_FALSE(models.remove("m"));
  CHECK_FALSE(models.find("m"));
}

TEST_CASE("models are asked while others are put and removed") {
  rest::served_models models;
  REQUIRE(models.put("m", sum_model{}));
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i)
    threads.emplace_back([&] {
      const std::vector<float> row{1, 2};
      std::vector<double> out(1);
      for (int k = 0; k < 2000; ++k)
        if (const auto found = models.find("m")) wrong += !found->predict({row, 2}, out) || out[0] != 3;
    });
  for (int k = 0; k < 2000; ++k) {
    if (k % 3 == 0) models.remove("m");
    REQUIRE(models.put("m", sum_model{}));
  }
  for (std::thread& each : threads) each.join();
  CHECK(wrong == 0);
}
