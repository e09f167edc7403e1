#include <millrace/model/trees/tree_ensemble.hpp>

#include <support/allocation_counter.hpp>
#include <support/catch.hpp>
#include <support/random_trees.hpp>

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <millrace/core/seed.hpp>
#include <vector>

namespace mr = millrace;
using support::any_number;
using support::infinite;
using support::random_trees;

namespace {

/// x0 <= 1 ? (missing x1 right, x1 <= 5 ? 10 : 20) : 30
mr::model::tree_ensemble small_tree() {
  std::vector<mr::model::tree_node> nodes(5);
  std::vector<mr::model::node_record> records(5);
  nodes[0] = {1, 1, 0, 1, 0};
  nodes[1] = {5, 3, 1, 0, 0};
  for (const std::uint32_t leaf : {2U, 3U, 4U}) nodes[leaf].left = leaf;
  records[2].value = 30;
  records[3].value = 10;
  records[4].value = 20;
  records[0].gain = 3;
  records[1].gain = 1;
  mr::model::tree_ensemble made;
  made.add(nodes, records);
  return made;
}

/// Trees whose nodes of a level ask the same thing: of every third column, from the first on, a category.
struct level_trees {
  std::size_t columns;
  bool categories;

  struct tree {
    std::vector<mr::model::tree_node> nodes;
    std::vector<mr::model::node_record> records;
  };

  bool is_category(std::size_t column) const { return categories && column % 3 == 0; }
  /// Known ones, and numbers that are none.
  float any_category(mr::random_engine& random) const {
    constexpr float odd[] = {-1, -0.0F, -0.5F, 2.5F, 1e9F, infinite, -infinite, 70};
    return random.below(4) == 0 ? odd[random.below(std::size(odd))] : static_cast<float>(random.below(6));
  }
  tree one(mr::model::tree_ensemble& sets, unsigned depth, mr::random_engine& random) const {
    tree made{std::vector<mr::model::tree_node>((std::size_t{2} << depth) - 1), {}};
    made.records.resize(made.nodes.size());
    for (unsigned level = 0; level <= depth; ++level) {
      mr::model::tree_node node;
      mr::model::node_record record;
      const std::size_t column = random.below(columns);
      node.column = static_cast<std::uint16_t>(column);
      node.missing_right = is_category(column) || column % 2 == 0 ? 1 : 0;
      node.threshold = any_number(random);
      if (node.missing_right != 0 && node.threshold == infinite) node.threshold = 3;
      if (is_category(column)) {
        node.rule = 3;
        const std::size_t category = random.below(70);
        const std::uint64_t bits[] = {category < 64 ? std::uint64_t{1} << category % 6 : 0, 2};
        record.set_size = category < 64 ? 64 : 128;
        record.set = sets.add_set(std::span(bits, record.set_size / 64));
      }
      for (std::size_t i = (std::size_t{1} << level) - 1; i < (std::size_t{2} << level) - 1; ++i) {
        const bool leaf = level == depth;
        made.nodes[i] = leaf ? mr::model::tree_node() : node;
        made.nodes[i].left = static_cast<std::uint32_t>(leaf ? i : 2 * i + 1);
        if (leaf)
          made.records[i].value = random.normal();
        else
          made.records[i] = record;
      }
    }
    return made;
  }
};

/// A row's sum, node by node, as the nodes are described.
double walked(const mr::model::tree_ensemble& trees, const float* row, std::size_t first, std::size_t stride) {
  double sum = 0;
  for (std::size_t tree = first; tree < trees.trees(); tree += stride) {
    std::uint32_t at = trees.root(tree);
    while (!trees.is_leaf(at)) {
      const auto& node = trees.nodes()[at];
      const float x = row[node.column];
      bool right = std::isnan(x) ? node.missing_right != 0 : x > node.threshold;
      if (node.rule != 0) right = !trees.goes_left(at, row);
      at = node.left + (right ? 1 : 0);
    }
    sum += trees.records()[at].value;
  }
  return sum;
}

bool same_bits(double a, double b) { return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b); }

}  // namespace

TEST_CASE("tree ensemble: a row goes left up to the threshold, and where missing values go") {
  const mr::model::tree_ensemble trees = small_tree();
  const auto sum = [&](float a, float b) {
    const float row[] = {a, b};
    return trees.sum(row);
  };
  const float missing = std::nanf("");
  CHECK(sum(1, 5) == 10);
  CHECK(sum(1, 5.5F) == 20);
  CHECK(sum(1, missing) == 10);
  CHECK(sum(1.5F, 0) == 30);
  CHECK(sum(missing, 0) == 30);
  CHECK(sum(std::numeric_limits<float>::infinity(), missing) == 30);
  CHECK(sum(-std::numeric_limits<float>::infinity(), std::numeric_limits<float>::infinity()) == 20);
  CHECK(trees.depth(0) == 2);
  CHECK(trees.importance(3) == std::vector<double>{0.75, 0.25, 0});
}

TEST_CASE("tree ensemble: sums of every stride, with and without eight walks side by side") {
  mr::model::tree_ensemble trees;
  double all = 0;
  double odd = 0;
  for (int i = 0; i < 41; ++i) {
    std::vector<mr::model::tree_node> nodes(1);
    std::vector<mr::model::node_record> records(1);
    records[0].value = i;
    trees.add(nodes, records);
    all += i;
    odd += i % 2 == 1 ? i : 0;
  }
  const float row[] = {0};
  CHECK(trees.sum(row) == all);
  CHECK(trees.sum(row, 1, 2) == odd);
  CHECK(trees.sum(row, 0, 2) == all - odd);
  trees.keep(3);
  CHECK(trees.sum(row) == 3);
  CHECK(mr::model::tree_ensemble().sum(row) == 0);
}

TEST_CASE("tree ensemble: rows alone and in every batch have the bits of a walk node by node") {
  mr::random_engine random(21);
  const random_trees shapes[] = {{1, 0, 0},   {2, 1, 0},    {3, 3, 0.3},   {7, 5, 0.1},       {7, 6, 0},
                                 {4, 9, 0.3}, {31, 6, 0.2}, {5, 20, 0.35}, {6, 7, 0.2, true}, {300, 6, 0.1}};
  for (const random_trees& shape : shapes) {
    for (const std::size_t count : {0U, 1U, 7U, 8U, 19U}) {
      mr::model::tree_ensemble trees;
      for (std::size_t i = 0; i < count; ++i) shape.add_one(trees, random);
      const std::size_t stride = shape.columns + 2;  // rows lie apart
      for (const unsigned missing : {0U, 20U}) {
        std::vector<float> numbers(600 * stride, std::nanf(""));
        for (std::size_t i = 0; i < 600; ++i)
          for (std::size_t k = 0; k < shape.columns; ++k)
            numbers[i * stride + k] = random.below(100) < missing      ? std::nanf("")
                                      : shape.categories && k % 2 == 0 ? static_cast<float>(random.below(50))
                                                                       : any_number(random);
        std::vector<double> alone(600);
        std::vector<double> second(600);
        for (std::size_t i = 0; i < 600; ++i) {
          alone[i] = walked(trees, numbers.data() + i * stride, 0, 1);
          second[i] = walked(trees, numbers.data() + i * stride, 1, 2);
          REQUIRE(same_bits(trees.sum(numbers.data() + i * stride), alone[i]));
          REQUIRE(same_bits(trees.sum(numbers.data() + i * stride, 1, 2), second[i]));
        }
        for (std::size_t rows = 0; rows <= 600; rows += rows < 70 ? 1 : 53) {
          const mr::model::matrix_view table(numbers.data(), rows, shape.columns, stride);
          std::vector<double> sums(3 * rows + 1, -5);
          trees.sums(table, sums.data());
          for (std::size_t i = 0; i < rows; ++i) REQUIRE(same_bits(sums[i], alone[i]));
          REQUIRE(sums[rows] == -5);
          trees.sums(table, sums.data(), 3, 1, 2);
          for (std::size_t i = 0; i < rows; ++i) REQUIRE(same_bits(sums[3 * i], second[i]));
        }
      }
    }
  }
}

TEST_CASE("tree ensemble: every CPU's kernels give the same bits, and none allocates") {
  namespace d = mr::model::detail;
  std::vector<d::tree_kernels> kernels{{}};
  if (mr::detail::cpu_has_avx2()) kernels.push_back({d::add_tree_avx2<false>, d::add_tree_avx2<true>});
  if (mr::detail::cpu_has_avx512()) kernels.push_back({d::add_tree_avx512<false>, d::add_tree_avx512<true>});
  mr::random_engine random(22);
  for (const random_trees& shape : {random_trees{9, 3, 0.2}, random_trees{9, 6, 0}, random_trees{9, 12, 0.2}}) {
    mr::model::tree_ensemble trees;
    for (std::size_t i = 0; i < 12; ++i) shape.add_one(trees, random);
    d::packed_trees packed;
    for (std::size_t tree = 0; tree < trees.trees(); ++tree) {
      const auto nodes = support::nodes_of(trees, tree);
      const auto records = trees.records().subspan(trees.root(tree), nodes.size());
      REQUIRE(packed.add(std::span<const mr::model::tree_node>(nodes), records, trees.depth(tree)));
    }
    for (const unsigned missing : {0U, 30U}) {
      std::vector<float> numbers(100 * 9);
      for (float& x : numbers) x = random.below(100) < missing ? std::nanf("") : any_number(random);
      const mr::model::matrix_view table(numbers, 9);
      for (const auto& kernel : kernels) {
        std::vector<double> sums(100);
        std::size_t done = 0;
        CHECK(support::allocations_of([&] {
                d::tile_sums tiles(packed, kernel);
                while (const std::size_t more = tiles.run(table, done, 0, 1, sums.data() + done, 1)) done += more;
              }) == 0);
        CHECK(done == 96);
        for (std::size_t i = 0; i < done; ++i) CHECK(same_bits(sums[i], walked(trees, table.row(i).data(), 0, 1)));
      }
    }
  }
}

TEST_CASE("tree ensemble: eight nearly perfect trees are asked without pointers, with the bits of walks") {
  namespace d = mr::model::detail;
  std::vector<d::tree_kernels> kernels{{}};
  if (mr::detail::cpu_has_avx2()) kernels.push_back(d::tree_kernels::of_avx2());
  if (mr::detail::cpu_has_avx512()) kernels.push_back(d::tree_kernels::of_avx512());
  if (mr::detail::cpu_has_avx512()) kernels.push_back(d::tree_kernels::of_avx512_perfect());
  constexpr std::size_t columns = 9;
  mr::random_engine random(26);
  // As many trees as are perfect, from the first on: others are too deep, too uneven, or fewer than eight.
  struct case_of {
    unsigned depth;
    double leaf_share;
    std::size_t trees;
    std::size_t perfect;
  };
  const case_of cases[] = {{1, 0, 9, 8},    {2, 0.05, 8, 8}, {3, 0.05, 8, 8}, {4, 0, 8, 8},      {4, 0.05, 21, 16},
                           {5, 0.05, 9, 8}, {6, 0, 7, 0},    {6, 0, 31, 24},  {6, 0.05, 16, 16}, {7, 0.02, 12, 8},
                           {8, 0.02, 8, 8}, {9, 0, 8, 0},    {8, 0.3, 8, 0}};
  for (const case_of& one : cases) {
    INFO(one.depth << " " << one.leaf_share << " " << one.trees);
    const random_trees shape{columns, one.depth, one.leaf_share};
    mr::model::tree_ensemble trees;
    d::packed_trees packed;
    // Thresholds of any_number, and others that lie so close together that rows differ from them by the last bit.
    for (std::size_t tree = 0; tree < one.trees; ++tree) {
      mr::model::tree_ensemble grown;
      shape.add_one(grown, random);
      auto nodes = support::nodes_of(grown, 0);
      for (auto& node : nodes)
        if (node.threshold < 2 && random.below(2) == 0)
          node.threshold = 1 + 0x1p-23F * static_cast<float>(random.below(3));
      trees.add(nodes, grown.records());
      const unsigned depth = trees.depth(tree);
      REQUIRE(packed.add(std::span<const mr::model::tree_node>(nodes), grown.records(), depth));
    }
    std::size_t perfect = 0;
    for (std::size_t i = 0; i <= one.trees / 8; ++i) perfect += packed.eight(i).levels > 0 ? 8U : 0U;
    REQUIRE(perfect == one.perfect);
    for (const unsigned missing : {0U, 20U}) {
      std::vector<float> numbers(200 * columns);
      for (float& x : numbers) {
        x = random.below(2) == 0 ? any_number(random) : 1 + 0x1p-23F * static_cast<float>(random.below(4));
        if (random.below(100) < missing) x = std::nanf("");
      }
      const mr::model::matrix_view table(numbers, columns);
      std::vector<double> alone(200), second(200);
      for (std::size_t i = 0; i < 200; ++i) {
        const float* const row = table.row(i).data();
        alone[i] = walked(trees, row, 0, 1);
        second[i] = walked(trees, row, 1, 2);
        for (const bool as_perfect : {false, true}) {
          REQUIRE(same_bits(d::sum_of_row(packed, as_perfect, 0, 1, row), alone[i]));
          REQUIRE(same_bits(d::sum_of_row(packed, as_perfect, 1, 2, row), second[i]));
          REQUIRE(same_bits(d::sum_of_row(packed, as_perfect, 3, 1, row), walked(trees, row, 3, 1)));
        }
      }
      for (const auto& kernel : kernels) {
        for (const std::size_t first : {0U, 1U}) {
          std::vector<double> sums(200);
          std::size_t done = 0;
          CHECK(support::allocations_of([&] {
                  d::tile_sums tiles(packed, kernel);
                  while (const std::size_t more = tiles.run(table, done, first, first + 1, sums.data() + done, 1))
                    done += more;
                }) == 0);
          CHECK(done >= 192);
          for (std::size_t i = 0; i < done; ++i) REQUIRE(same_bits(sums[i], first == 0 ? alone[i] : second[i]));
        }
      }
    }
  }
}

TEST_CASE("tree ensemble: perfect trees are taken off with the others, and come again") {
  mr::random_engine random(27);
  const random_trees shape{5, 4, 0};
  mr::model::tree_ensemble trees;
  std::vector<float> numbers(100 * 5);
  for (float& x : numbers) x = any_number(random);
  const mr::model::matrix_view table(numbers, 5);
  const auto check = [&](const char* layout) {
    CHECK(trees.kernels().row_layout == layout);
    std::vector<double> sums(100);
    trees.sums(table, sums.data());
    for (std::size_t i = 0; i < 100; ++i) {
      REQUIRE(same_bits(sums[i], walked(trees, table.row(i).data(), 0, 1)));
      REQUIRE(same_bits(sums[i], trees.sum(table.row(i).data())));
    }
  };
  check("packed");
  for (std::size_t i = 0; i < 20; ++i) shape.add_one(trees, random);
  check("perfect");
  for (const std::size_t kept : {17U, 16U, 13U, 7U, 0U}) {
    trees.keep(kept);
    check(kept >= 8 ? "perfect" : "packed");
    while (trees.trees() < kept + 9) shape.add_one(trees, random);
    check("perfect");
  }
}

TEST_CASE("tree ensemble: trees whose levels ask one thing each are asked by level, with the bits of walks") {
  namespace d = mr::model::detail;
  std::vector<d::oblivious_sums::kernel> kernels{d::add_oblivious_baseline};
  if (mr::detail::cpu_has_avx2()) kernels.push_back(d::add_oblivious_avx2);
  if (mr::detail::cpu_has_avx512()) kernels.push_back(d::add_oblivious_avx512);
  mr::random_engine random(24);
  for (const std::size_t columns : {std::size_t{1}, std::size_t{7}, std::size_t{31}, std::size_t{300}}) {
    for (const bool categories : {false, true}) {
      const level_trees shape{columns, categories};
      mr::model::tree_ensemble trees;
      d::oblivious_trees oblivious;
      for (std::size_t i = 0; i < 14; ++i) {
        const auto tree = shape.one(trees, static_cast<unsigned>(random.below(8)), random);
        REQUIRE(oblivious.add(std::span<const mr::model::tree_node>(tree.nodes),
                              std::span<const mr::model::node_record>(tree.records), trees.sets()));
        trees.add(tree.nodes, tree.records);
      }
      for (const unsigned missing : {0U, 30U}) {
        const std::size_t stride = columns + 2;
        std::vector<float> numbers(600 * stride, std::nanf(""));
        for (std::size_t i = 0; i < 600; ++i)
          for (std::size_t k = 0; k < columns; ++k)
            numbers[i * stride + k] = random.below(100) < missing ? std::nanf("")
                                      : shape.is_category(k)      ? shape.any_category(random)
                                                                  : any_number(random);
        std::vector<double> alone(600), second(600), sums(600);
        for (std::size_t i = 0; i < 600; ++i) {
          const float* const row = numbers.data() + i * stride;
          alone[i] = walked(trees, row, 0, 1);
          second[i] = walked(trees, row, 1, 2);
          REQUIRE(same_bits(trees.sum(row), alone[i]));
          REQUIRE(same_bits(oblivious.sum(1, 2, row), second[i]));
        }
        for (std::size_t rows = 0; rows <= 600; rows += rows < 70 ? 1 : 53) {
          const mr::model::matrix_view table(numbers.data(), rows, columns, stride);
          trees.sums(table, sums.data());
          for (std::size_t i = 0; i < rows; ++i) REQUIRE(same_bits(sums[i], alone[i]));
        }
        if (columns == 300) continue;  // which no tile holds
        const mr::model::matrix_view table(numbers.data(), 100, columns, stride);
        for (const auto& kernel : kernels) {
          std::size_t done = 0;
          CHECK(support::allocations_of([&] {
                  d::oblivious_sums tiles(oblivious, kernel);
                  while (const std::size_t more = tiles.run(table, done, 1, 2, sums.data() + done, 1)) done += more;
                }) == 0);
          CHECK(done == 96);
          for (std::size_t i = 0; i < done; ++i) CHECK(same_bits(sums[i], second[i]));
        }
      }
      trees.keep(3);
      const std::vector<float> row(columns, 1.0F);
      CHECK(same_bits(trees.sum(row.data()), walked(trees, row.data(), 0, 1)));
      random_trees{columns, 3, 0.2}.add_one(trees, random);  // a tree of another kind
      CHECK(same_bits(trees.sum(row.data()), walked(trees, row.data(), 0, 1)));
    }
  }
}

TEST_CASE("tree ensemble: what is asked by level, and what is not") {
  mr::random_engine random(25);
  mr::model::tree_ensemble sets;
  // Levels ask column 1, a category of 0, and 1 again.
  const level_trees shape{2, true};
  level_trees::tree made;
  while (made.nodes.size() != 15 || made.nodes[0].rule != 0 || made.nodes[1].rule == 0 || made.nodes[3].rule != 0)
    made = shape.one(sets, 3, random);
  const auto takes = [&](const auto& change) {
    level_trees::tree tree = made;
    change(tree);
    mr::model::detail::oblivious_trees trees;
    return trees.add(std::span<const mr::model::tree_node>(tree.nodes),
                     std::span<const mr::model::node_record>(tree.records), sets.sets());
  };
  const std::uint64_t two[] = {3};
  const std::uint32_t two_at = sets.add_set(two);
  CHECK(takes([](auto&) {}));
  CHECK_FALSE(takes([](auto& tree) { tree.nodes[5].threshold += 1; }));
  CHECK_FALSE(takes([](auto& tree) { tree.nodes[6].column = 0; }));
  CHECK_FALSE(takes([](auto& tree) { tree.nodes[4].missing_right ^= 1; }));
  CHECK_FALSE(takes([](auto& tree) { tree.nodes[0].missing_right ^= 1; }));  // here left, there right
  CHECK_FALSE(takes([](auto& tree) { tree.nodes[6].left = 6; }));            // a leaf further up
  CHECK_FALSE(takes([](auto& tree) { tree.nodes[3].left = 3; }));
  CHECK_FALSE(takes([](auto& tree) { tree.nodes[1].missing_right = tree.nodes[2].missing_right = 0; }));
  CHECK_FALSE(takes([](auto& tree) { ++tree.records[2].set_size; }));
  CHECK_FALSE(takes([&](auto& tree) {
    for (std::size_t i : {1U, 2U}) tree.records[i] = {0, 0, 0, two_at, 64};
  }));
  CHECK(takes([&](auto& tree) {
    for (std::size_t i : {1U, 2U}) tree.records[i] = {0, 0, 0, two_at, 1};  // 1 is beyond its end
  }));
  CHECK_FALSE(takes([](auto& tree) {
    tree.nodes[0].threshold = infinite;
    tree.nodes[0].missing_right = 1;
    for (std::size_t i = 3; i < 7; ++i) tree.nodes[i].missing_right = 1;
  }));
}

TEST_CASE("tree ensemble: trees of too many columns or with categories are kept, and trees can be taken off again") {
  mr::random_engine random(23);
  const random_trees wide{3'000, 4, 0};
  const random_trees usual{3, 4, 0};
  mr::model::tree_ensemble trees;
  for (std::size_t i = 0; i < 9; ++i) usual.add_one(trees, random);
  std::vector<float> numbers(40 * 3'000);
  for (float& x : numbers) x = any_number(random);
  const mr::model::matrix_view table(numbers, 3'000);
  std::vector<double> sums(40);
  const auto check = [&] {
    trees.sums(table, sums.data());
    for (std::size_t i = 0; i < 40; ++i) CHECK(same_bits(sums[i], walked(trees, table.row(i).data(), 0, 1)));
  };
  check();
  trees.keep(8);
  check();
  for (std::size_t i = 0; i < 9; ++i) wide.add_one(trees, random);
  check();
  trees.keep(9);
  check();
  usual.add_one(trees, random);
  check();
}

TEST_CASE("tree ensemble: rules of trees from elsewhere, where they differ") {
  using mr::model::split_rule;
  constexpr float tiny = 1e-35F;
  const float above_tiny = std::nextafter(tiny, 1.0F);
  // Which of these go left at a node whose set holds 0 and 2, or whose threshold is 0, if missing ones go left or
  // right.
  const float asked[] = {std::nanf(""), 0.0F,      -0.0F, 2,     2.5F,       1,          70, -0.5F, -1,
                         infinite,      -infinite, tiny,  -tiny, above_tiny, -above_tiny};
  struct expected_ways {
    split_rule rule;
    std::uint8_t missing_right;
    const char* left;  // 1 for left
  };
  const expected_ways all[] = {
      {split_rule::known_categories, 0, "111110111111111"},  {split_rule::known_categories, 1, "011100000000000"},
      {split_rule::whole_part_in_set, 0, "111110010001111"}, {split_rule::whole_part_in_set, 1, "011110010001111"},
      {split_rule::category_in_set, 0, "111110000001010"},   {split_rule::category_in_set, 1, "011110000001010"},
      {split_rule::zero_is_missing, 0, "111000011011101"},   {split_rule::zero_is_missing, 1, "000000011010001"},
  };
  for (const expected_ways& one : all) {
    mr::model::tree_ensemble trees;
    std::vector<mr::model::tree_node> nodes(3);
    std::vector<mr::model::node_record> records(3);
    nodes[0] = {0, 1, 0, one.missing_right, static_cast<std::uint8_t>(one.rule)};
    nodes[1].left = 1;
    nodes[2].left = 2;
    records[1].value = 1;
    const std::uint64_t set = 5;
    records[0].set = trees.add_set({&set, 1});
    records[0].set_size = 64;
    trees.add(nodes, records);
    for (std::size_t i = 0; i < std::size(asked); ++i) {
      INFO(static_cast<int>(one.rule) << " " << int{one.missing_right} << " " << asked[i]);
      CHECK(trees.sum(asked + i) == (one.left[i] == '1' ? 1 : 0));
      CHECK(trees.leaf(0, asked + i) == (one.left[i] == '1' ? 1 : 2));
      CHECK(trees.goes_left(0, asked + i) == (one.left[i] == '1'));
    }
    mr::envelope_writer to("test");
    trees.save_to(to);
    const auto bytes = std::move(to).finish();
    auto from = mr::envelope_reader::open(bytes, "test").value();
    mr::model::tree_ensemble back;
    REQUIRE(back.load_from(from, 1));
    CHECK(back.nodes()[0].rule == nodes[0].rule);
    records[0].set_size = 0;
    mr::model::tree_ensemble of_none;
    of_none.add(nodes, records);
    if (one.rule != split_rule::zero_is_missing)
      CHECK(of_none.leaf(0, &asked[7]) == (one.missing_right == 0 && one.rule == split_rule::known_categories ? 1 : 2));
  }
}

namespace {

/// Each time that is taken between two readings comes from a list.
struct scripted_clock {
  std::vector<std::uint64_t>* times;
  std::uint64_t* now;
  std::size_t* readings;

  std::uint64_t ticks() const noexcept {
    const std::size_t at = (*readings)++;
    if (at % 2 == 1) *now += (*times)[at / 2 < times->size() ? at / 2 : times->size() - 1];
    return *now;
  }
  static std::uint64_t nanoseconds(std::uint64_t ticks) noexcept { return ticks; }
};

}  // namespace

TEST_CASE("tree ensemble: kernels are chosen by their time, and no sum changes") {
  namespace d = mr::model::detail;
  mr::random_engine random(24);
  mr::model::tree_ensemble trees;
  for (std::size_t i = 0; i < 12; ++i) random_trees{9, 6, 0.1}.add_one(trees, random);
  std::vector<float> numbers(100 * 9);
  for (float& x : numbers) x = random.below(100) < 5 ? std::nanf("") : any_number(random);
  const mr::model::matrix_view rows(numbers, 9);
  struct candidate {
    const char* kernels;
    const char* layout;
  };
  std::vector<candidate> names;
  if (mr::detail::cpu_has_avx512()) names.push_back({"avx512", "perfect"});
  if (mr::detail::cpu_has_avx512()) names.push_back({"avx512", "packed"});
  if (mr::detail::cpu_has_avx2()) names.push_back({"avx2", "packed"});
  names.push_back({"baseline", "packed"});
  const auto before = trees.kernels();
  CHECK(before.kernels == names[0].kernels);
  CHECK(before.batch_layout == names[0].layout);
  CHECK(before.row_layout == "perfect");
  const auto same_sums = [&] {
    for (const std::size_t count : {std::size_t{5}, std::size_t{20}, std::size_t{100}}) {
      std::vector<double> sums(count);
      trees.sums({numbers.data(), count, 9}, sums.data());
      for (std::size_t i = 0; i < count; ++i) REQUIRE(same_bits(sums[i], walked(trees, rows.row(i).data(), 0, 1)));
    }
  };
  // 96 rows one by one take 960 in one of the layouts, which is less than in the other; the best of three times counts.
  const auto calibrated = [&](const std::vector<std::uint64_t>& tiles, bool perfect_rows) {
    std::vector<std::uint64_t> times{5000, 960, 2000, 970, 5000, 2000};
    if (perfect_rows) std::swap(times[1], times[3]);
    for (const std::uint64_t each : tiles) times.insert(times.end(), {each + 7, each, each + 9});
    std::uint64_t now = 0;
    std::size_t readings = 0;
    const auto made = trees.calibrate_kernels(rows, scripted_clock{&times, &now, &readings});
    CHECK(readings == 2 * times.size());
    CHECK(made == trees.kernels());
    CHECK(made.row_layout == (perfect_rows ? "perfect" : "packed"));
    same_sums();
    return made;
  };
  for (const bool perfect_rows : {false, true}) {
    for (std::size_t fastest = 0; fastest < names.size(); ++fastest) {
      std::vector<std::uint64_t> tiles(names.size(), 400);
      tiles[fastest] = 240;  // a tile takes as long as eight rows
      const auto made = calibrated(tiles, perfect_rows);
      CHECK(made.kernels == names[fastest].kernels);
      CHECK(made.batch_layout == names[fastest].layout);
      CHECK(made.fewest_rows == 9);
    }
  }
  CHECK(calibrated(std::vector<std::uint64_t>(names.size(), 4000), true).fewest_rows == 32);
  CHECK(calibrated(std::vector<std::uint64_t>(names.size(), 1), false).fewest_rows == 1);
  const auto last = trees.kernels();
  CHECK(trees.calibrate_kernels({numbers.data(), 31, 9}) == last);
  trees.calibrate_kernels(rows);
  same_sums();
  CHECK(before.fewest_rows > 0);
}
