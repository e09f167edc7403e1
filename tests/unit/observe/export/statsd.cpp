#include <millrace/observe/export/statsd.hpp>

#include <support/catch.hpp>
#include <support/observe_registry.hpp>
#include <support/temp_dir.hpp>
#include <support/udp_receiver.hpp>

#include <millrace/observe/export/udp_sender.hpp>
#include <millrace/observe/metrics/metrics_registry.hpp>
#include <millrace/store/file.hpp>

#include <cmath>
#include <cstdlib>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace mr = millrace;

namespace {

/// Collects datagrams, and refuses from the n-th on when told to.
struct collector {
  std::vector<std::string> datagrams;
  std::size_t most = 1'000'000;
  mr::result<void> operator()(std::string_view datagram) {
    if (datagrams.size() >= most) return mr::error(mr::errc::unavailable, "full");
    datagrams.emplace_back(datagram);
    return {};
  }
  std::string text() const {
    std::string all;
    for (const auto& d : datagrams) all += d + "\n";
    return all;
  }
};

/// What a server makes of lines, by the protocol: counters and weighted timers add up, gauges stand.
struct server {
  std::map<std::string, double> counters, gauges, timer_count, timer_sum;
  void take(const std::string& datagram) {
    std::istringstream lines(datagram);
    for (std::string line; std::getline(lines, line);) {
      const std::size_t colon = line.find(':');
      const std::size_t bar = line.find('|', colon);
      REQUIRE(colon != std::string::npos);
      REQUIRE(bar != std::string::npos);
      const std::string name = line.substr(0, colon);
      const std::string number = line.substr(colon + 1, bar - colon - 1);
      const double value = std::strtod(number.c_str(), nullptr);
      std::string type = line.substr(bar + 1);
      double rate = 1;
      if (const std::size_t at = type.find("|@"); at != std::string::npos) {
        rate = std::strtod(type.c_str() + at + 2, nullptr);
        type.resize(at);
      }
      if (type == "c") {
        counters[name] += value / rate;
      } else if (type == "g") {
        if (number.front() == '-' || number.front() == '+')
          gauges[name] += value;
        else
          gauges[name] = value;
      } else {
        REQUIRE(type == "ms");
        timer_count[name] += std::round(1 / rate);
        timer_sum[name] += value * std::round(1 / rate);
      }
    }
  }
};

}  // namespace

TEST_CASE("a flush tells what changed since the last one") {
  mr::observe::metrics_registry registry;
  const auto rows = registry.counter({"rows_total", ""}, {{"split", "train"}}).value();
  const auto loss = registry.gauge({"loss", ""}).value();
  const auto step = registry.timer({"step_seconds", ""}, {{"event", "forward.pass"}}).value();
  const auto size = registry.histogram({"size", ""}, {1}).value();
  mr::observe::statsd_writer statsd;

  rows.add(5);
  loss.set(0.25);
  step.update(7'000'000);
  collector first;
  auto report = statsd.flush(registry.snapshot(), first);
  REQUIRE(report);
  CHECK(first.text() == "rows.train:5|c\nloss:0.25|g\nstep_seconds.forward_pass:7|ms\n");
  CHECK(report->datagrams == 1);
  CHECK(report->lines == 3);
  CHECK(report->skipped == 0);

  rows.add(3);
  loss.set(-1.5);
  for (const std::uint64_t ms : {1U, 2U, 3U, 6U}) step.update(ms * 1'000'000);
  size.update(10);
  size.update(20);
  collector second;
  REQUIRE(statsd.flush(registry.snapshot(), second));
  CHECK(second.text() ==
        "rows.train:3|c\nloss:0|g\nloss:-1.5|g\nstep_seconds.forward_pass:3|ms|@0.25\nsize:15|ms|@0.5\n");

  collector third;
  REQUIRE(statsd.flush(registry.snapshot(), third));
  CHECK(third.text() == "loss:0|g\nloss:-1.5|g\n");
}

TEST_CASE("what was observed leaves as it was: five milliseconds are 5, whatever went before") {
  mr::observe::metrics_registry registry;
  const auto step = registry.timer({"t_seconds", ""}).value();
  const auto size = registry.histogram({"size", ""}, {1}).value();
  mr::observe::statsd_writer statsd;
  const auto told = [&] {
    collector out;
    REQUIRE(statsd.flush(registry.snapshot(), out));
    return out.text();
  };
  // 0.1 s and then 5 ms were told as 4.9999999999999485 while sums were subtracted in seconds.
  for (const std::uint64_t us : {100'000U, 5'000U, 1U, 33'333'333U, 7U, 5'000U}) {
    step.update(us * 1000);
    CHECK(told() == "t_seconds:" +
                        (us % 1000 == 0 ? std::to_string(us / 1000)
                                        : std::to_string(us / 1000) + "." +
                                              std::string(us == 33'333'333U ? "333"
                                                          : us == 1         ? "001"
                                                                            : "007")) +
                        "|ms\n");
  }
  for (const char* observed : {"0.1", "0.2", "0.7", "1234.5", "0.3", "-0.1", "1000000", "0.3"}) {
    size.update(std::strtod(observed, nullptr));
    CHECK(told() == "size:" + std::string(observed) + "|ms\n");
  }
  size.update(1.0 / 3);
  size.update(1.0 / 3);
  CHECK(std::strtod(told().c_str() + 5, nullptr) == Approx(1.0 / 3).epsilon(1e-9));
}

TEST_CASE("DogStatsD gets labels as tags, histograms by name and signed gauges in one line") {
  mr::observe::metrics_registry registry;
  registry.counter({"rows", ""}, {{"split", "tr,a|i#n\n"}, {"v", "a:b"}}).value().add(2);
  registry.gauge({"loss", ""}, {{"k", "\xc3\xa9"}}).value().set(-1.5);
  registry.histogram({"size", ""}, {1}).value().update(4);
  registry.timer({"t_seconds", ""}).value().update(1'500'000);
  mr::observe::statsd_writer statsd(
      {.dialect = mr::observe::statsd_dialect::dogstatsd, .prefix = "shop.", .max_datagram = 1432});
  collector out;
  REQUIRE(statsd.flush(registry.snapshot(), out));
  CHECK(out.text() ==
        "shop.rows:2|c|#split:tr_a_i_n_,v:a:b\nshop.loss:-1.5|g|#k:\xc3\xa9\nshop.size:4|h\nshop.t_seconds:1.5|ms\n");
}

TEST_CASE("numbers stand in plain decimals where servers read nothing else") {
  mr::observe::metrics_registry registry;
  const auto t = registry.timer({"t_seconds", ""}).value();
  for (int i = 0; i < 4'000'000; ++i) t.update(1);
  mr::observe::statsd_writer statsd;
  collector out;
  const support::comma_locale commas;
  REQUIRE(statsd.flush(registry.snapshot(), out));
  CHECK(out.text() == "t_seconds:0.000001|ms|@0.00000025\n");
}

TEST_CASE("datagrams stay below the limit and lines stay whole") {
  mr::observe::metrics_registry registry;
  for (int i = 0; i < 1000; ++i)
    registry.counter({"rows", ""}, {{"shard", std::string(static_cast<std::size_t>(i % 90), 'x') + std::to_string(i)}})
        .value()
        .add(1);
  registry.gauge({"negative", ""}).value().set(-1);
  mr::observe::statsd_writer statsd;
  collector out;
  const auto report = statsd.flush(registry.snapshot(), out).value();
  CHECK(report.datagrams == out.datagrams.size());
  CHECK(report.lines == 1002);
  server heard;
  std::size_t bytes = 0;
  for (const auto& datagram : out.datagrams) {
    CHECK(datagram.size() <= 1432);
    CHECK(!datagram.empty());
    CHECK(datagram.back() != '\n');
    bytes += datagram.size();
    heard.take(datagram);
  }
  CHECK(heard.counters.size() == 1000);
  CHECK(heard.gauges.at("negative") == -1);
  CHECK(static_cast<double>(bytes) / static_cast<double>(out.datagrams.size()) > 1200);  // and they are filled
}

TEST_CASE("what no line can say is counted, and the rest is told") {
  mr::observe::metrics_registry registry;
  registry.gauge({"nan", ""}).value().set(std::nan(""));
  registry.counter({"long", ""}, {{"x", std::string(2000, 'y')}}).value().add();
  registry.counter({"ok", ""}).value().add();
  registry.counter({"still", ""}).value();
  mr::observe::statsd_writer statsd;
  collector out;
  const auto report = statsd.flush(registry.snapshot(), out).value();
  CHECK(report.skipped == 2);
  CHECK(report.lines == 1);
  CHECK(out.text() == "ok:1|c\n");
}

TEST_CASE("what could not be sent is told by the next flush, and nothing twice") {
  mr::observe::metrics_registry registry;
  std::vector<mr::observe::counter> counters;
  for (int i = 0; i < 500; ++i) counters.push_back(registry.counter({"c", ""}, {{"i", std::to_string(i)}}).value());
  mr::observe::statsd_writer statsd;
  server heard;
  for (std::size_t most : {0U, 1U, 2U, 1000U, 3U, 1000U}) {
    for (const auto& c : counters) c.add(2);
    collector out;
    out.most = most;
    const auto report = statsd.flush(registry.snapshot(), out);
    CHECK(report.has_value() == (most == 1000));
    if (!report) CHECK(report.error().code() == mr::errc::unavailable);
    for (const auto& d : out.datagrams) heard.take(d);
  }
  REQUIRE(heard.counters.size() == 500);
  for (const auto& [name, value] : heard.counters) REQUIRE(value == 12);
}

TEST_CASE("over UDP the totals that arrive are the registry's") {
  mr::observe::metrics_registry registry;
  support::udp_receiver receiver;
  auto sender = mr::observe::udp_sender::open("127.0.0.1", receiver.port());
  REQUIRE(sender);
  mr::observe::statsd_writer statsd;
  mr::random_engine random(4);
  std::vector<mr::observe::counter> counters;
  std::vector<mr::observe::timer> timers;
  for (int i = 0; i < 100; ++i) {
    counters.push_back(registry.counter({"c", ""}, {{"i", std::to_string(i)}}).value());
    timers.push_back(registry.timer({"t_seconds", ""}, {{"i", std::to_string(i)}}).value());
  }
  server heard;
  for (int flush = 0; flush < 10; ++flush) {
    for (int n = 0; n < 2000; ++n) {
      counters[random.below(100)].add(random.below(50));
      timers[random.below(100)].update(random.below(10'000'000));
    }
    const auto report = statsd.flush(registry.snapshot(), *sender);
    REQUIRE(report);
    for (std::size_t i = 0; i < report->datagrams; ++i) {
      const std::string datagram = receiver.receive();
      CHECK(datagram.size() <= 1432);
      heard.take(datagram);
    }
  }
  const auto snapshot = registry.snapshot();
  for (const auto& sample : snapshot.find("c")->samples)
    CHECK(heard.counters["c." + std::string(sample.labels()["i"])] == static_cast<double>(sample.count));
  for (const auto& sample : snapshot.find("t_seconds")->samples) {
    const std::string name = "t_seconds." + std::string(sample.labels()["i"]);
    CHECK(heard.timer_count[name] == static_cast<double>(sample.count));
    CHECK(heard.timer_sum[name] == Approx(sample.value * 1e3));
  }
}

TEST_CASE("into a file go this flush's lines, and a file that cannot be written loses no counts") {
  const support::temp_dir folder;
  mr::observe::metrics_registry registry;
  const auto rows = registry.counter({"rows", ""}).value();
  mr::observe::statsd_writer statsd;
  rows.add(4);
  CHECK(!statsd.flush_to_file(registry.snapshot(), folder / "none/metrics.statsd"));
  rows.add(1);
  REQUIRE(statsd.flush_to_file(registry.snapshot(), folder / "metrics.statsd"));
  CHECK(mr::store::read_file(folder / "metrics.statsd").value() == "rows:5|c\n");
  rows.add(2);
  REQUIRE(statsd.flush_to_file(registry.snapshot(), folder / "metrics.statsd"));
  CHECK(mr::store::read_file(folder / "metrics.statsd").value() == "rows:2|c\n");
}

TEST_CASE("a snapshot of another registry is refused") {
  mr::observe::metrics_registry one;
  mr::observe::metrics_registry two;
  mr::observe::statsd_writer statsd;
  collector out;
  REQUIRE(statsd.flush(one.snapshot(), out));
  CHECK(statsd.flush(two.snapshot(), out).error().code() == mr::errc::invalid_argument);
}
