// Which machines behave alike, and which one behaves like none: clusters and an isolation forest on telemetry. The
// numbers are made up, or read from a CSV of your own that has columns cpu, latency_ms and requests:
//
//   example_16_telemetry ec2_request_latency.csv
#include <millrace/core/seed.hpp>
#include <millrace/feature.hpp>
#include <millrace/model/cluster.hpp>
#include <millrace/model/pipeline.hpp>
#include <millrace/model/trees.hpp>
#include <millrace/store/file.hpp>

#include <cstdio>
#include <string>
#include <vector>

namespace mr = millrace;
namespace mf = millrace::feature;
namespace mm = millrace::model;

struct sample {
  double cpu;
  double latency;
  double requests;
};

/// Two kinds of machines, one minute a row; in minute 700 latency rises without more requests.
std::vector<sample> made_up() {
  mr::random_engine random(3);
  std::vector<sample> made;
  for (int i = 0; i < 1000; ++i) {
    const bool batch = random.below(4) == 0;
    made.push_back({batch ? 85 + 5 * random.uniform() : 20 + 15 * random.uniform(),
                    batch ? 40 + 8 * random.uniform() : 8 + 4 * random.uniform(), 100 + 200 * random.uniform()});
  }
  made[700] = {22, 400, 120};
  return made;
}

mr::result<std::vector<sample>> read(const std::string& path) {
  const auto text = mr::store::read_file(path);
  if (!text) return text.error();
  const auto rows = mf::read_csv(*text);
  if (!rows) return rows.error();
  const mf::column* const cpu = rows->find("cpu");
  const mf::column* const latency = rows->find("latency_ms");
  const mf::column* const requests = rows->find("requests");
  if (cpu == nullptr || latency == nullptr || requests == nullptr)
    return mr::error(mr::errc::invalid_data, path + ": it has no columns cpu, latency_ms and requests");
  for (const mf::column* const one : {cpu, latency, requests})
    if (one->kind != mf::column_kind::number)
      return mr::error(mr::errc::type_mismatch, path + ": column " + one->name + " is not of numbers");
  std::vector<sample> made;
  for (std::size_t i = 0; i < rows->rows(); ++i)
    made.push_back({cpu->numbers[i], latency->numbers[i], requests->numbers[i]});
  return made;
}

int main(int count, char** arguments) {
  const bool is_own = count > 1;
  const auto samples = is_own ? read(arguments[1]) : made_up();
  if (!samples) return std::fprintf(stderr, "%s\n", samples.error().describe().c_str()), 1;

  // [telemetry]
  const auto features =
      mf::features<sample>(mf::standardize<"cpu">(&sample::cpu), mf::standardize<"latency">(&sample::latency),
                           mf::standardize<"requests">(&sample::requests));
  const auto groups = mm::pipeline_of(features, mm::trained_by<mm::k_means>({.clusters = 3})).fit(*samples);
  const auto odd =
      mm::pipeline_of(features, mm::trained_by<mm::isolation_forest>({.contamination = 0.002})).fit(*samples);
  if (!groups || !odd)
    return std::fprintf(stderr, "%s\n", (groups ? odd.error() : groups.error()).describe().c_str()), 1;

  std::vector<std::size_t> sizes(groups->model().clusters());
  std::size_t lowest = 0;
  for (std::size_t i = 0; i < samples->size(); ++i) {
    ++sizes[static_cast<std::size_t>((*groups)((*samples)[i]))];
    if ((*odd)((*samples)[i]) < (*odd)((*samples)[lowest])) lowest = i;  // the lower, the more unusual
  }
  for (std::size_t k = 0; k < sizes.size(); ++k) std::printf("group %zu: %zu minutes\n", k, sizes[k]);
  const sample& most = (*samples)[lowest];
  std::printf("most unusual: minute %zu, cpu %.0f, latency %.0f ms\n", lowest, most.cpu, most.latency);
  // [/telemetry]
  return is_own || lowest == 700 ? 0 : 1;
}
