#include <millrace/deliver/outcomes/training_rows.hpp>

#include <support/catch.hpp>

#include <algorithm>
#include <limits>
#include <vector>

namespace md = millrace::deliver;

namespace {

void update(md::training_rows& to, float feature, double label, double propensity = 1, md::arm arm = md::arm::stable) {
  const float features[] = {feature, 2 * feature};
  to.update({{.id = "x", .arm = arm, .propensity = propensity, .features = features}, label, 0});
}

}  // namespace

TEST_CASE("training_rows: features, targets and weights, row by row") {
  md::training_rows table(10);
  update(table, 1, 0);
  update(table, 2, 1, 0.25);
  CHECK(table.size() == 2);
  CHECK(table.features().rows() == 2);
  CHECK(table.features()(1, 1) == 4);
  CHECK(table.targets()[1] == 1);
  CHECK(table.weights()[1] == 4);
}

TEST_CASE("training_rows: the newest stay, and what fits in no row is refused") {
  md::training_rows table(3);
  for (int i = 0; i < 7; ++i) update(table, static_cast<float>(i), i);
  CHECK(table.size() == 3);
  CHECK(table.dropped() == 4);
  std::vector<float> kept(table.targets().begin(), table.targets().end());
  std::sort(kept.begin(), kept.end());
  CHECK(kept == std::vector<float>{4, 5, 6});
  for (std::size_t i = 0; i < 3; ++i) CHECK(table.features()(i, 0) == table.targets()[i]);

  const float wide[] = {1, 2, 3};
  table.update({{.id = "x", .features = wide}, 1, 0});
  table.update({{.id = "x"}, 1, 0});
  update(table, 1, std::numeric_limits<double>::infinity());
  update(table, 1, 1, 0);
  CHECK(table.refused() == 4);
  CHECK(table.size() == 3);
}

TEST_CASE("training_rows: of one arm alone") {
  md::training_rows table(10, md::arm::candidate);
  update(table, 1, 0);
  update(table, 2, 1, 1, md::arm::candidate);
  CHECK(table.size() == 1);
  CHECK(table.targets()[0] == 1);
}
