#include <millrace/connect/configuration/nodes.hpp>

#include <support/catch.hpp>

#include <millrace/connect/yaml.hpp>

#include <string>
#include <vector>

namespace mr = millrace;
namespace mc = millrace::connect::configuration;
namespace my = millrace::connect::yaml;

namespace {

struct log_of_runs {
  std::vector<std::string> lines;
};
using functions = mc::node_functions<std::string, log_of_runs>;
using pipeline = mc::node_pipeline<std::string, log_of_runs>;

functions some() {
  functions made;
  made.add("etl.load_csv", [](functions::inputs_type) -> mr::result<std::string> { return std::string("rows"); })
      .add("etl.clean_data", [](functions::inputs_type in) -> mr::result<std::string> { return "clean " + *in[0]; })
      .add("etl.join", [](functions::inputs_type in) -> mr::result<std::string> { return *in[0] + "+" + *in[1]; })
      .add("etl.fails",
           [](functions::inputs_type) -> mr::result<std::string> { return mr::error(mr::errc::io, "no disk"); })
      .add_learning("ml.train", [](functions::inputs_type in, log_of_runs& run) -> mr::result<std::string> {
        run.lines.push_back("trained on " + *in[0]);
        return std::string("model");
      });
  return made;
}
mr::result<pipeline> made_of(functions& by, const std::string& text) {
  const auto file = my::load_text<mc::mlops_file>(text, "n.yaml");
  REQUIRE(file);
  return pipeline::make(file->value.nodes, by, "n.yaml");
}
std::string refused(const std::string& text) {
  functions by = some();
  const auto made = made_of(by, text);
  return made ? "made" : made.error().describe();
}

}  // namespace

TEST_CASE("nodes by name run in the order of their inputs, and need no run where none learns") {
  functions by = some();
  auto made = made_of(
      by, "nodes:\n  load_data:\n    function: \"etl.load_csv\"\n  transform:\n    function: \"etl.clean_data\"\n");
  REQUIRE(made);
  CHECK_FALSE(made->learns());
  CHECK(*made->run() == "clean rows");
  int opened = 0;
  log_of_runs log;
  CHECK(*made->run([&] {
    ++opened;
    return &log;
  }) == "clean rows");
  CHECK(opened == 0);

  auto learning =
      made_of(by,
              "nodes:\n  both: {function: etl.join, inputs: [a, b]}\n  a: {function: etl.load_csv, inputs: []}\n"
              "  b: {function: etl.clean_data, inputs: [a]}\n  m: {function: ml.train, inputs: [both]}\n");
  REQUIRE(learning);
  CHECK(learning->learns());
  CHECK(learning->order() == std::vector<std::string_view>{"a", "b", "both", "m"});
  CHECK_FALSE(learning->run());
  CHECK(*learning->run([&] {
    ++opened;
    return &log;
  }) == "model");
  CHECK(opened == 1);
  CHECK(log.lines == std::vector<std::string>{"trained on rows+clean rows"});
  const auto no_run =
      learning->run([]() -> mr::result<log_of_runs*> { return mr::error(mr::errc::unavailable, "no storage"); });
  REQUIRE_FALSE(no_run);
  CHECK(no_run.error().describe() == "the node \"m\": no storage");
  auto failing = made_of(by, "nodes:\n  a: {function: etl.fails}\n");
  CHECK(failing->run().error().describe() == "the node \"a\": no disk");
  CHECK_FALSE(made_of(by, "nodes: {}\n")->run());
}

TEST_CASE("nodes that do not fit together are refused with their lines and the nearest names") {
  CHECK(refused("nodes:\n  a: {function: etl.load_cvs}\n") ==
        "n.yaml:2:3: nodes.a: there is no function \"etl.load_cvs\"; the nearest: etl.load_csv");
  CHECK(refused("nodes:\n  first: {function: etl.load_csv}\n  b: {function: etl.clean_data, inputs: [fist]}\n") ==
        "n.yaml:3:3: nodes.b: its input \"fist\" is no node; the nearest: first");
  CHECK(refused("nodes:\n  a: {function: etl.clean_data, inputs: [a]}\n") ==
        "n.yaml:2:3: nodes.a: it is its own input");
  CHECK(refused("nodes:\n  x: {function: etl.load_csv}\n  a: {function: etl.clean_data, inputs: [b]}\n  b: {function: "
                "etl.clean_data, inputs: [a]}\n") == "n.yaml:3:3: nodes.a: nodes wait for each other: a, b");
  CHECK(refused("nodes:\n  a: {function: x}\n  b: {function: y}\n") ==
        "n.yaml:2:3: nodes.a: there is no function \"x\"\nn.yaml:3:3: nodes.b: there is no function \"y\"");
}
