#include <millrace/model/formats/lightgbm.hpp>

#include <laws/predictor.hpp>
#include <support/boosted_formats.hpp>
#include <support/catch.hpp>
#include <support/golden.hpp>

#include <cmath>
#include <cstddef>
#include <cstring>
#include <limits>
#include <millrace/model/trees/tree_explainer.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mr = millrace;
using mr::model::boosted_model;
using mr::model::read_lightgbm;
using support::changed;

namespace {

std::string model_text(const std::string& name) { return support::golden_text("formats/lightgbm_" + name + ".txt"); }
mr::result<boosted_model> read(std::string_view text) { return read_lightgbm(std::as_bytes(std::span(text))); }

std::string refusal(const std::string& text) { return support::refusal_of(read(text)); }

}  // namespace

TEST_CASE("LightGBM: every row falls into the leaf, and has the output, that LightGBM finds for it") {
  for (const char* name : {"binary", "regression", "no_missing", "zero_as_missing", "multiclass", "multiclassova",
                           "linear", "forest", "dart", "one_leaf", "poisson", "gamma", "tweedie", "sqrt",
                           "cross_entropy", "cross_entropy_lambda", "quantile", "own_objective"}) {
    INFO(name);
    const auto model = read(model_text(name));
    INFO((model ? std::string() : model.error().describe()));
    REQUIRE(model);
    const support::asked_rows asked(std::string("lightgbm_") + name);
    support::agrees(*model, asked, [](std::size_t tree) { return tree; });
    CHECK(model->sums_trees() == (std::string_view(name) != "linear"));
    laws::predicts(*model, asked.view());
  }
}

TEST_CASE("LightGBM: names, objective, importance and shares come with the file") {
  const auto model = read(model_text("regression")).value();
  CHECK(model.objective() == "regression");
  REQUIRE(model.column_names().size() == 4);
  CHECK(model.column_names()[2] == "Column_2");
  CHECK(model.importance()[0] > 0.3);
  const support::asked_rows asked("lightgbm_regression");
  const auto bytes = support::golden("formats/lightgbm_regression.shares");
  std::vector<double> theirs(bytes.size() / 8), ours(4);
  std::memcpy(theirs.data(), bytes.data(), bytes.size());
  mr::model::tree_explainer why(model.trees(), 4);
  CHECK(why.base() == Approx(theirs[4]));
  for (std::size_t i = 0; i < theirs.size() / 5; ++i) {
    why.contributions(asked.view().row(i), ours);
    for (std::size_t j = 0; j < 4; ++j) CHECK(ours[j] == Approx(theirs[5 * i + j]).margin(1e-6));
  }
}

TEST_CASE("LightGBM: what is no model, or none that is known, is refused by name") {
  const std::string text = model_text("binary");
  const auto refused = [&](const std::string& from, const std::string& to) { return refusal(changed(text, from, to)); };
  CHECK(refusal("") == "LightGBM model: line 1: a model begins with the line \"tree\"");
  CHECK(refusal("tree\n") == "LightGBM model: line 1: the text ends before \"end of trees\"");
  CHECK(refused("version=v4", "version=v9") == "LightGBM model: version \"v9\", known are v3 and v4");
  CHECK(refused("objective=binary", "objective=sinister") ==
        "LightGBM model: objective \"sinister sigmoid:1.7\": unknown is \"sinister\"");
  CHECK(refused("sigmoid:1.7", "sigmoid:x") ==
        "LightGBM model: objective \"binary sigmoid:x\": unknown is \"sigmoid:x\"");
  CHECK(refused("max_feature_idx=3", "max_feature_idx=70000") ==
        "LightGBM model: line 6: max_feature_idx: no number from 0 to 65535");
  CHECK(refused("Column_3", "") == "LightGBM model: line 8: feature_names: not as many as columns");
}

TEST_CASE("LightGBM: a damaged tree is refused with its number, its line and its node") {
  const std::string text = model_text("regression");
  const auto refused = [&](const std::string& from, const std::string& to) {
    const std::size_t second = text.find("Tree=1");
    return refusal(text.substr(0, second) + changed(text.substr(second), from, to));
  };
  const std::string place = "LightGBM model: tree 1, line 31: ";
  CHECK(refused("num_leaves=6", "num_leaves=4294967295") ==
        place + "line 32: num_leaves: no number from 1 to 1073741824");
  CHECK(refused("num_leaves=6", "num_leaves=1000000000") ==
        place + "line 40: leaf_value: 6 numbers, expected 1000000000");
  CHECK(refused("num_leaves=6", "num_leaves=5") == place + "line 40: leaf_value: 6 numbers, expected 5");
  CHECK(refused("\nleft_child=", "\nleft_shoe=") == place + "left_child: 0 numbers, expected 5");
  CHECK(refused("threshold=", "threshold=one ") == place + "line 36: threshold: \"one\" is no number");
  CHECK(refused("threshold=", "threshold=nan(ind) ") == place + "line 36: threshold: 6 numbers, expected 5");
  const auto first_number = [&](const std::string& name, const std::string& to) {
    const std::size_t second = text.find("Tree=1");
    const std::size_t begin = text.find("\n" + name + "=", second) + name.size() + 2;
    return refusal(text.substr(0, begin) + to + text.substr(text.find(' ', begin)));
  };
  CHECK(first_number("threshold", "nan(ind)") == place + "node 0: its threshold is NaN");
  CHECK(first_number("leaf_value", "inf").substr(0, place.size() + 5) == place + "node ");
  CHECK(first_number("split_feature", "4") == place + "node 0: its column is 4, the last one 3");
  CHECK(first_number("left_child", "0") == place + "node 0: its child 0 is no node, or another's child too");
  CHECK(first_number("left_child", "5") ==
        place + "node 0: its child 18446744073709551615 is no node, or another's child too");
  CHECK(first_number("left_child", "-7") == place + "node 0: its child 11 is no node, or another's child too");
  CHECK(first_number("decision_type", "1") == place + "line 36: threshold: node 0 names no set of categories");
  CHECK(first_number("decision_type", "256") == place + "line 37: decision_type: \"256\" is no number");
}

TEST_CASE("LightGBM: thresholds beyond float, infinite ones, and other ends of lines") {
  const std::string head =
      "tree\r\nversion=v4\r\nnum_tree_per_iteration=1\r\nmax_feature_idx=0\r\n\r\nTree=0\r\nnum_leaves=2\r\nnum_cat="
      "0\r\n"
      "split_feature=0\r\ndecision_type=8\r\nleft_child=-1\r\nright_child=-2\r\nleaf_value=1 2\r\nthreshold=";
  const auto left = [&](const std::string& threshold, float x) {
    const auto model = read(head + threshold + "\r\n\r\nend of trees\r\n");
    REQUIRE(model);
    return (*model)(std::vector<float>{x}) == 1;
  };
  constexpr float infinite = INFINITY, most = std::numeric_limits<float>::max();
  CHECK((left("inf", infinite) && left("inf", 0) && !left("-inf", -most) && left("-inf", -infinite)));
  CHECK((left("1e300", most) && !left("1e300", infinite) && left("-1e300", -infinite) && !left("-1e300", -most)));
  CHECK((left("1e-300", 0) && !left("1e-300", 1e-45F) && left("-1e-300", -1e-45F) && !left("-1e-300", 0)));
  CHECK((left("1e999", infinite) && left("1e-999", 0) && !left("-1e-999", 1e-45F)));
  CHECK((left("12345.6789", 12345.678F) && !left("12345.6789", 12345.68F)));
}

TEST_CASE("LightGBM: every truncation is refused, and no damaged byte does harm") {
  for (const char* name : {"multiclass", "linear", "zero_as_missing"}) {
    const std::string text = model_text(name);
    const support::asked_rows asked(std::string("lightgbm_") + name);
    for (std::size_t size = 0; size < text.find("end of trees") + 12; ++size) CHECK_FALSE(read({text.data(), size}));
    std::size_t sound = 0;
    std::vector<double> out;
    for (std::size_t at = 0; at < text.size(); ++at)
      for (const int bit : {0, 2, 4, 6}) {
        std::string damaged = text;
        damaged[at] = static_cast<char>(damaged[at] ^ 1 << bit);
        const auto model = read(damaged);
        if (!model || model->inputs() > asked.columns) continue;
        ++sound;
        out.resize(asked.rows * model->outputs());
        model->predict(asked.view(), out);
      }
    CHECK(sound > 0);  // another number is a model still
  }
}
