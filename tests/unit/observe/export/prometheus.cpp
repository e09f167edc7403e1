#include <millrace/observe/export/prometheus.hpp>

#include <support/catch.hpp>
#include <support/observe_registry.hpp>

#include <millrace/store/file.hpp>

#include <clocale>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace mr = millrace;

namespace {

struct parsed_page {
  std::map<std::string, std::string> help;
  std::map<std::string, std::string> type;
  std::vector<std::pair<std::string, std::map<std::string, std::string>>> series;  // name and labels
  std::vector<std::string> values;
};

/// A reader of the format, written from its description and not from the writer.
parsed_page parse(const std::string& page) {
  parsed_page out;
  std::size_t at = 0;
  const auto until = [&](const std::string& stops) {
    const std::size_t from = at;
    at = page.find_first_of(stops, at);
    REQUIRE(at != std::string::npos);
    return page.substr(from, at - from);
  };
  const auto expect = [&](char c) {
    REQUIRE(at < page.size());
    REQUIRE(page[at] == c);
    ++at;
  };
  const auto unescape = [&](const std::string& text, bool quotes) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] != '\\') {
        plain += text[i];
        continue;
      }
      ++i;
      REQUIRE(i < text.size());
      REQUIRE((text[i] == 'n' || text[i] == '\\' || (quotes && text[i] == '"')));
      plain += text[i] == 'n' ? '\n' : text[i];
    }
    return plain;
  };
  while (at < page.size()) {
    if (page.compare(at, 7, "# HELP ") == 0) {
      at += 7;
      const std::string name = until(" ");
      expect(' ');
      out.help[name] = unescape(until("\n"), false);
    } else if (page.compare(at, 7, "# TYPE ") == 0) {
      at += 7;
      const std::string name = until(" ");
      expect(' ');
      REQUIRE(out.type.emplace(name, until("\n")).second);
    } else {
      const std::string name = until("{ ");
      std::map<std::string, std::string> labels;
      if (page[at] == '{') {
        do {
          ++at;
          const std::string label = until("=");
          expect('=');
          expect('"');
          std::string value;
          while (at < page.size() && page[at] != '"') {
            if (page[at] == '\\') value += page[at++];
            REQUIRE(page[at] != '\n');
            value += page[at++];
          }
          expect('"');
          REQUIRE(labels.emplace(label, unescape(value, true)).second);
        } while (page[at] == ',');
        expect('}');
      }
      expect(' ');
      out.series.emplace_back(name, labels);
      out.values.push_back(until("\n"));
    }
    expect('\n');
  }
  return out;
}

}  // namespace

TEST_CASE("a Prometheus page is the format's, byte for byte") {
  mr::observe::metrics_registry registry;
  support::fill_with_trouble(registry);
  CHECK(mr::observe::to_prometheus(registry.snapshot()) ==
        mr::store::read_file(MILLRACE_GOLDEN_DIR "/observe/trouble.prom").value());
  CHECK(mr::observe::to_prometheus(mr::observe::metrics_registry().snapshot()).empty());
}

TEST_CASE("appending keeps what is there") {
  mr::observe::metrics_registry registry;
  registry.gauge({"x", ""}).value();
  std::string page = "before\n";
  append_prometheus(page, registry.snapshot());
  CHECK(page == "before\n# TYPE x gauge\nx 0\n");
}

TEST_CASE("no locale changes a byte of a Prometheus page") {
  mr::observe::metrics_registry registry;
  support::fill_with_trouble(registry);
  const std::string expected = mr::observe::to_prometheus(registry.snapshot());
  const support::comma_locale commas;
  const std::string before = std::setlocale(LC_ALL, nullptr);
  std::setlocale(LC_ALL, "de_DE.UTF-8");  // where it is installed
  mr::observe::metrics_registry fresh;
  support::fill_with_trouble(fresh);
  CHECK(mr::observe::to_prometheus(fresh.snapshot()) == expected);
  std::setlocale(LC_ALL, before.c_str());
}

TEST_CASE("any bytes in labels and help make a page that reads back to them") {
  mr::random_engine random(42);
  for (int round = 0; round < 300; ++round) {
    mr::observe::metrics_registry registry;
    const std::string help = support::random_bytes(random, 30);
    std::map<std::string, std::string> expected;  // by the label's value
    for (int i = 0; i < 5; ++i) {
      const mr::observe::label_set labels{{"a", support::random_bytes(random)}, {"b", support::random_bytes(random)}};
      registry.counter({"c", help}, labels).value().add();
      registry.histogram({"h", help}, {0.5}, labels).value().update(1);
    }
    std::set<std::pair<std::string, std::string>> given;
    const auto snapshot = registry.snapshot();
    for (const auto& sample : snapshot.find("c")->samples) given.emplace(sample.labels()["a"], sample.labels()["b"]);

    const parsed_page page = parse(mr::observe::to_prometheus(snapshot));
    if (!help.empty()) REQUIRE(page.help.at("c_total") == snapshot.find("c")->family->help);
    REQUIRE(page.type.at("c_total") == "counter");
    REQUIRE(page.type.at("h") == "histogram");
    std::set<std::pair<std::string, std::string>> read;
    for (const auto& [name, labels] : page.series)
      if (name == "c_total") REQUIRE(read.emplace(labels.at("a"), labels.at("b")).second);
    REQUIRE(read == given);
    REQUIRE(page.series.size() == given.size() * (1 + 4));
  }
}
