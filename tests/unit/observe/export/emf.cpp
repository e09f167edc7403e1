#include <millrace/observe/export/emf.hpp>

#include <millrace/core/json_check.hpp>
#include <millrace/observe/metrics/metrics_registry.hpp>
#include <support/catch.hpp>
#include <support/observe_registry.hpp>

#include <string>
#include <vector>

namespace mr = millrace;
using mr::observe::emf_writer;

namespace {

struct lines {
  std::vector<std::string> all;
  mr::result<void> operator()(std::string_view line) {
    all.emplace_back(line);
    return {};
  }
};

std::string without_time(std::string text) {
  const std::size_t at = text.find("\"Timestamp\":") + 12;
  return text.replace(at, text.find(',', at) - at, "T");
}

}  // namespace

TEST_CASE("emf: a document has the values of series with the same labels") {
  mr::observe::metrics_registry registry;
  registry.counter({"rows_total", "."}, {{"split", "train"}}).value().add(5);
  registry.gauge({"loss", "."}, {{"split", "train"}}).value().set(0.25);
  const auto timed = registry.timer({"step_seconds", "."}, {0.001, 1}).value();
  timed.update(mr::seconds(0.5));
  registry.counter({"never_total", "."}).value();
  emf_writer emf({.name_space = "shop"});
  lines out;
  const auto told = emf.flush(registry.snapshot(), out);
  REQUIRE(told);
  CHECK(told->documents == 2);
  CHECK(told->metrics == 5);
  REQUIRE(out.all.size() == 2);
  CHECK(without_time(out.all[0]) ==
        R"({"_aws":{"Timestamp":T,"CloudWatchMetrics":[{"Namespace":"shop","Dimensions":[["split"]],)"
        R"("Metrics":[{"Name":"rows","Unit":"Count"},{"Name":"loss","Unit":"None"}]}]},)"
        R"("split":"train","rows":5,"loss":0.25})");
  CHECK(without_time(out.all[1]) ==
        R"({"_aws":{"Timestamp":T,"CloudWatchMetrics":[{"Namespace":"shop","Dimensions":[[]],)"
        R"("Metrics":[{"Name":"step_seconds","Unit":"Seconds"},{"Name":"step_seconds_count","Unit":"Count"},)"
        R"({"Name":"step_seconds_sum","Unit":"Seconds"}]}]},"step_seconds":[0.5005],"step_seconds_count":1,)"
        R"("step_seconds_sum":0.5})");
}

TEST_CASE("emf: the next flush has what changed since") {
  mr::observe::metrics_registry registry;
  const auto rows = registry.counter({"rows_total", "."}).value();
  const auto loss = registry.gauge({"loss", "."}).value();
  const auto size = registry.histogram({"size", "."}, {1, 2}).value();
  rows.add(5);
  size.update(0.5);
  loss.set(1);
  emf_writer emf;
  lines out;
  REQUIRE(emf.flush(registry.snapshot(), out));
  out.all.clear();
  size.update(1.5);
  size.update(1.5);
  REQUIRE(emf.flush(registry.snapshot(), out));
  REQUIRE(out.all.size() == 1);
  CHECK(out.all[0].ends_with(R"("loss":1,"size":[1.25,1.75],"size_count":2,"size_sum":3})"));
  CHECK(out.all[0].find("rows") == std::string::npos);
  // What could not be sent is sent again.
  rows.add(7);
  const auto refusing = [](std::string_view) -> mr::result<void> { return mr::error(mr::errc::io, "no"); };
  CHECK(emf.flush(registry.snapshot(), refusing).error().code() == mr::errc::io);
  out.all.clear();
  REQUIRE(emf.flush(registry.snapshot(), out));
  CHECK(out.all[0].find(R"("rows":7)") != std::string::npos);
  CHECK(emf.flush(mr::observe::metrics_registry().snapshot(), out).error().code() == mr::errc::invalid_argument);
}

TEST_CASE("emf: CloudWatch's limits are kept") {
  mr::observe::metrics_registry registry;
  for (int i = 0; i < 250; ++i) registry.gauge({"g" + std::to_string(i), "."}).value().set(i);
  const auto seen = registry.histogram({"seen", "."}, {10, 20, 30}).value();
  for (int i = 0; i < 3000; ++i) seen.update(i % 30 + 0.5);
  mr::observe::label_set many;
  for (int i = 0; i < 31; ++i) many.add("l" + std::to_string(i), "x");
  registry.gauge({"crowded", "."}, many).value();
  registry.gauge({"huge", "."}).value().set(1e200);
  registry.gauge({"none", "."}).value().set(0.0 / 0.0 * -1);
  registry.gauge({"odd", "."}, {{"_aws", "a"}, {"odd", "\xc3\xa9\n"}, {"odd_", std::string(2000, 'x')}, {"e", " "}})
      .value()
      .set(1);
  emf_writer emf;
  lines out;
  const auto told = emf.flush(registry.snapshot(), out);
  REQUIRE(told);
  CHECK(told->skipped == 3);
  CHECK(told->metrics == 250 + 3 + 1);
  REQUIRE(out.all.size() == 4);
  for (const std::string& line : out.all) {
    CHECK(mr::is_json(line));
    CHECK(line.find('\n') == std::string::npos);
    std::size_t names = 0;
    for (std::size_t at = 0; (at = line.find("\"Name\"", at)) != line.npos; ++at) ++names;
    CHECK(names <= emf_writer::most_metrics);
  }
  const std::string& third = out.all[2];
  const std::size_t begin = third.find("\"seen\":[");
  REQUIRE(begin != third.npos);
  const std::string values = third.substr(begin + 8, third.find(']', begin) - begin - 8);
  std::size_t commas = 0;
  for (const char c : values) commas += c == ',' ? 1 : 0;
  CHECK(commas + 1 == emf_writer::most_values);
  CHECK(third.find("\"seen_count\":3000") != third.npos);
  // A label that is called as the metric, or as CloudWatch's own member, has another name.
  const std::string& last = out.all[3];
  CHECK(last.find("\"_aws_\":\"a\"") != last.npos);
  CHECK(last.find("\"odd__\":\"___\"") != last.npos);
  CHECK(last.find("\"odd_\":\"" + std::string(1024, 'x') + "\"") != last.npos);
  CHECK(last.find("\"e\"") == last.npos);
  CHECK(last.ends_with("\"odd\":1}"));
}

TEST_CASE("emf: the values of a histogram are spread as what it saw") {
  mr::observe::metrics_registry registry;
  const auto native = registry.native_histogram({"size", "."}, {.schema = 5, .both_signs = true}).value();
  for (int i = 1; i <= 1000; ++i) native.update(i - 200.5);
  const auto snapshot = registry.snapshot();
  const auto& each = *snapshot.find("size");
  const auto values = mr::observe::detail::bucket_values(*each.family, each.samples[0], nullptr, 100);
  REQUIRE(values.size() == 100);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double wanted = static_cast<double>(i) * 10 + 5 - 200;
    INFO(i);
    CHECK(values[i] == Approx(wanted).epsilon(0.03).margin(1));
    if (i > 0) CHECK(values[i] >= values[i - 1]);
  }
}

TEST_CASE("emf: everything that has tripped an exporter is JSON") {
  mr::observe::metrics_registry registry;
  support::fill_with_trouble(registry);
  emf_writer emf({.name_space = "a\"b", .high_resolution = true});
  lines out;
  const auto told = emf.flush(registry.snapshot(), out);
  REQUIRE(told);
  CHECK(told->skipped == 3);
  for (const std::string& line : out.all) CHECK(mr::is_json(line));
  CHECK(out.all[0].find("\"StorageResolution\":1") != std::string::npos);
}

TEST_CASE("emf: no metric takes a document's own member, or another metric's") {
  mr::observe::metrics_registry registry;
  registry.gauge({"_aws", "."}).value().set(1);
  registry.gauge({"other", "."}).value().set(2);
  REQUIRE(registry.histogram({"size", "."}, {1}));
  CHECK_FALSE(registry.gauge({"size_count", "."}));
  emf_writer emf;
  lines out;
  const auto told = emf.flush(registry.snapshot(), out);
  REQUIRE(told);
  CHECK(told->skipped == 1);
  CHECK(told->metrics == 1);
  REQUIRE(out.all.size() == 1);
  CHECK(out.all[0].find("\"_aws\"") == out.all[0].rfind("\"_aws\""));
}
