#include <millrace/model/trees/vector_leaf_trees.hpp>

#include <support/allocation_counter.hpp>
#include <support/catch.hpp>
#include <support/random_trees.hpp>

#include <millrace/core/seed.hpp>

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace mr = millrace;

namespace {

/// Trees of `outputs` values a leaf, and the same trees once for each output, with one value a leaf.
struct paired_trees {
  mr::model::vector_leaf_trees together;
  std::vector<mr::model::tree_ensemble> apart;

  explicit paired_trees(std::size_t outputs) : together(outputs), apart(outputs) {}
  bool add(const support::random_trees& shape, mr::random_engine& random) {
    mr::model::tree_ensemble one;
    shape.add_one(one, random);
    const auto nodes = support::nodes_of(one, 0);
    std::vector<double> values;
    std::vector<std::vector<mr::model::node_record>> records(apart.size(),
                                                             std::vector<mr::model::node_record>(nodes.size()));
    for (std::uint32_t i = 0; i < nodes.size(); ++i)
      for (std::size_t k = 0; k < apart.size() && nodes[i].left == i; ++k)
        values.push_back(records[k][i].value = random.normal());
    for (std::size_t k = 0; k < apart.size(); ++k) apart[k].add(nodes, records[k]);
    return together.add(nodes, values);
  }
};

}  // namespace

TEST_CASE("vector leaf trees: each output has the bits of trees with its values alone, in every batch") {
  mr::random_engine random(31);
  const support::random_trees shapes[] = {{1, 0, 0}, {7, 3, 0.1}, {7, 6, 0.2}, {5, 12, 0.3}, {300, 6, 0.1}};
  for (const support::random_trees& shape : shapes) {
    for (const std::size_t outputs : {1U, 2U, 3U, 7U}) {
      for (const std::size_t count : {0U, 1U, 8U, 19U}) {
        paired_trees trees(outputs);
        for (std::size_t i = 0; i < count; ++i) REQUIRE(trees.add(shape, random));
        CHECK(trees.together.trees() == count);
        for (const unsigned missing : {0U, 20U}) {
          constexpr std::size_t rows = 300;
          const std::size_t stride = shape.columns + 1;
          std::vector<float> numbers(rows * stride);
          for (float& x : numbers) x = random.below(100) < missing ? std::nanf("") : support::any_number(random);
          for (const std::size_t asked : {std::size_t{1}, std::size_t{11}, std::size_t{12}, std::size_t{45}, rows}) {
            const mr::model::matrix_view table(numbers.data(), asked, shape.columns, stride);
            std::vector<double> sums(asked * outputs + 1, -5);
            CHECK(support::allocations_of([&] { trees.together.sums(table, sums.data()); }) == 0);
            REQUIRE(sums.back() == -5);
            for (std::size_t i = 0; i < asked; ++i)
              for (std::size_t k = 0; k < outputs; ++k)
                REQUIRE(std::bit_cast<std::uint64_t>(sums[i * outputs + k]) ==
                        std::bit_cast<std::uint64_t>(trees.apart[k].sum(table.row(i).data())));
          }
        }
      }
    }
  }
}

TEST_CASE("vector leaf trees: what cannot be walked fast is refused, and nothing is added") {
  mr::random_engine random(32);
  paired_trees trees(2);
  REQUIRE(trees.add({3, 4, 0}, random));
  const float row[] = {0.5F, 1, -1};
  const double alone = trees.apart[0].sum(row);
  CHECK(!trees.add({60'000, 6, 0}, random));
  CHECK(!trees.add({3, 4, 0, true}, random));
  CHECK(trees.together.trees() == 1);
  double sums[2];
  trees.together.sums(mr::model::matrix_view(row, 1, 3), sums);
  CHECK(sums[0] == alone);
}
