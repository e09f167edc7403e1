#include <millrace/model/formats/graph.hpp>

#include <support/catch.hpp>

#include <limits>
#include <string>

namespace mr = millrace;
using mr::model::graph;
using mr::model::graph_node;
using mr::model::graph_tensor;

namespace {

/// x -> Neg -> a, (a, b) -> Add -> y, with b a constant of two floats.
graph small() {
  graph made;
  made.opsets.push_back({"", 21});
  const auto x = made.add_input("x", {});
  const auto a = made.add_value("a");
  const auto b = made.add_constant("b", {.shape = {2}, .bytes = std::vector<std::byte>(8), .texts = {}});
  const auto y = made.add_value("y");
  made.nodes.push_back({"first", "", "Neg", {x}, {a}, {}});
  made.nodes.push_back({"second", "", "Add", {a, b}, {y}, {}});
  made.outputs.push_back(y);
  return made;
}

std::string refusal(graph made, mr::model::graph_limits limits = {}) {
  const auto done = mr::model::complete(made, limits);
  REQUIRE(!done);
  return done.error().message();
}

}  // namespace

TEST_CASE("a graph that is whole is left as it is") {
  graph made = small();
  REQUIRE(mr::model::complete(made));
  CHECK(made == small());
  CHECK(made.version("") == 21);
  CHECK(made.version("ai.onnx.ml") == 0);
}

TEST_CASE("nodes are put into an order in which they can run") {
  graph made = small();
  std::swap(made.nodes[0], made.nodes[1]);
  REQUIRE(mr::model::complete(made));
  CHECK(made == small());
}

TEST_CASE("what contradicts itself is refused by name") {
  graph made = small();
  made.nodes[0].inputs[0] = made.nodes[1].outputs[0];
  CHECK(refusal(made) == "graph: node 0 (Neg \"first\") waits for its own output");
  made = small();
  made.nodes[1].outputs[0] = made.nodes[0].outputs[0];
  CHECK(refusal(made) == "graph: node 1 (Add \"second\") writes \"a\", which something else writes too");
  made = small();
  made.nodes[1].outputs[0] = made.inputs[0];
  CHECK(refusal(made) == "graph: node 1 (Add \"second\") writes \"x\", which something else writes too");
  made = small();
  made.nodes[1].inputs[0] = made.add_value("nothing");
  CHECK(refusal(made) == "graph: node 1 (Add \"second\") reads \"nothing\", which nothing writes");
  made = small();
  made.nodes[1].inputs[0] = 99;
  CHECK(refusal(made) == "graph: node 1 (Add \"second\") reads \"?\", which nothing writes");
  made = small();
  made.nodes[1].outputs[0] = 99;
  CHECK(refusal(made) == "graph: node 1 (Add \"second\") writes what is no value");
  made = small();
  made.outputs.push_back(made.add_value("lost"));
  CHECK(refusal(made) == "graph: output \"lost\" is written by nothing");
  made = small();
  made.values[1].name = "x";
  CHECK(refusal(made) == "graph: two values are called \"x\"");
  made = small();
  made.inputs.push_back(77);
  CHECK(refusal(made) == "graph: an input is no value");
  made = small();
  made.values[2].constant = 5;
  CHECK(refusal(made) == "graph: value \"b\" names a constant that is not there");
}

TEST_CASE("a constant has as many elements as its shape, whatever the shape claims") {
  const auto with = [](std::vector<std::int64_t> shape) {
    graph made = small();
    made.constants[0].shape = std::move(shape);
    return made;
  };
  CHECK(refusal(with({3})) == "graph: constant \"b\" has a shape of 3 elements, and 2");
  CHECK(refusal(with({-2})) == "graph: constant \"b\" has a shape that is no number of elements");
  const std::int64_t most = std::numeric_limits<std::int64_t>::max();
  CHECK(refusal(with({most, most})) == "graph: constant \"b\" has a shape that is no number of elements");
  CHECK(refusal(with({1LL << 32, 1LL << 32, 1LL << 32})) ==
        "graph: constant \"b\" has a shape that is no number of elements");
  CHECK(refusal(with({0, 1LL << 40, 1LL << 40})) == "graph: constant \"b\" has a shape that is no number of elements");
  CHECK(refusal(with(std::vector<std::int64_t>(17, 1))) == "graph: constant \"b\" has 17 dimensions");
  graph made = with({1, 2, 1});
  CHECK(mr::model::complete(made));
  made = with({2});
  made.constants[0].bytes.resize(9);
  CHECK(refusal(made) == "graph: constant \"b\" has a shape of 2 elements, and 2");
  made = with({0});
  made.constants[0].bytes.clear();
  CHECK(mr::model::complete(made));
}

TEST_CASE("a graph beyond the limits is refused") {
  CHECK(refusal(small(), {.nodes = 1}) == "graph: 2 nodes and 4 values, more than allowed");
  CHECK(refusal(small(), {.values = 3}) == "graph: 2 nodes and 4 values, more than allowed");
}

TEST_CASE("an optional input or output may be left out") {
  graph made = small();
  made.nodes[1].inputs.push_back(graph_node::absent);
  made.nodes[0].outputs.push_back(graph_node::absent);
  CHECK(mr::model::complete(made));
}
