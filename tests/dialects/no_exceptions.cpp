// The modules that need no exceptions, compiled with -fno-exceptions -fno-rtti, and used.
#include <millrace/aggregate.hpp>
#include <millrace/core.hpp>
#include <millrace/detect.hpp>
#include <millrace/feature.hpp>
#include <millrace/observe.hpp>
#include <millrace/stats.hpp>
#include <millrace/tensor.hpp>

#include <array>
#include <string>
#include <thread>

namespace mr = millrace;

int main() {
  int wrong = 0;
  const auto expect = [&](bool holds) { wrong += holds ? 0 : 1; };

  const mr::result<int> failed = mr::error(mr::errc::not_found, "no such row");
  expect(!failed && failed.error().message() == "no such row");

  mr::aggregate<mr::mean, mr::max> latency;
  latency.update(std::array{1.0, 2.0, 6.0});
  expect(latency.get<mr::mean>() == 3.0 && latency.get<mr::max>() == 6.0);

  expect(mr::stats::two_proportion_z_test({120, 1000}, {100, 1000}).has_value());

  struct payment {
    double amount;
  };
  auto features = mr::feature::features<payment>(mr::feature::standardize<"amount">(&payment::amount));
  const payment two[] = {{1}, {3}};
  float row[1];
  expect(features.fit(two).has_value());
  features(payment{3}, row);
  expect(row[0] == 1);

  mr::observe::metrics_registry registry;
  const auto requests = registry.counter({"requests", "What came in."});
  std::thread([&] { requests->add(2); }).join();  // a thread's own cells, folded at its end
  requests->add(1);
  expect(mr::observe::to_prometheus(registry.snapshot()).find("requests_total 3") != std::string::npos);
  return wrong;
}
