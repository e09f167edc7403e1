#include <millrace/model/formats/xgboost.hpp>

#include <laws/predictor.hpp>
#include <support/boosted_formats.hpp>
#include <support/catch.hpp>
#include <support/golden.hpp>

#include <cmath>
#include <cstddef>
#include <cstring>
#include <millrace/model/trees/tree_explainer.hpp>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mr = millrace;
using mr::model::boosted_model;
using mr::model::read_xgboost;
using support::changed;

namespace {

std::string model_text(const std::string& file) { return support::golden_text("formats/xgboost_" + file); }
mr::result<boosted_model> read(std::string_view text) { return read_xgboost(std::as_bytes(std::span(text))); }

std::string refusal(const std::string& text) { return support::refusal_of(read(text)); }

}  // namespace

TEST_CASE("XGBoost: every row falls into the leaf, and has the output, that XGBoost finds for it") {
  for (const char* file : {"binary.json",
                           "binary_1_7.json",
                           "binary_2_1.json",
                           "binary_3_0.json",
                           "categories.ubj",
                           "categories_1_7.ubj",
                           "categories_2_1.ubj",
                           "categories_3_0.ubj",
                           "one_hot.json",
                           "regression.json",
                           "dart.json",
                           "targets.json",
                           "targets_2_1.ubj",
                           "targets_3_0.ubj",
                           "linear.json",
                           "linear_binary.ubj",
                           "reg_squaredlogerror.json",
                           "reg_pseudohubererror.json",
                           "reg_absoluteerror.json",
                           "binary_logitraw.json",
                           "binary_hinge.json",
                           "reg_logistic.json",
                           "count_poisson.json",
                           "reg_gamma.json",
                           "reg_tweedie.json",
                           "survival_cox.json",
                           "survival_aft.json",
                           "rank_ndcg.json",
                           "rank_pairwise.json",
                           "rank_map.json"}) {
    INFO(file);
    const auto model = read(model_text(file));
    INFO((model ? std::string() : model.error().describe()));
    REQUIRE(model);
    const support::asked_rows asked("xgboost_" + std::string(file).substr(0, std::string_view(file).find('.')));
    support::agrees(*model, asked, [](std::size_t tree) { return tree; });
    laws::predicts(*model, asked.view());
  }
}

TEST_CASE("XGBoost: several classes, quantiles, and trees side by side") {
  for (const char* file : {"several.ubj", "several_1_7.ubj", "softmax.json"}) {
    INFO(file);
    const auto model = read(model_text(file));
    REQUIRE(model);
    const support::asked_rows asked("xgboost_" + std::string(file).substr(0, std::string_view(file).find('.')));
    // The file has the trees of each class one after the other, the model the classes in turn.
    const std::size_t each = asked.trees / 3;
    support::agrees(*model, asked, [&](std::size_t tree) { return tree % each * 3 + tree / each; });
    laws::predicts(*model, asked.view());
  }
  const auto model = read(model_text("quantiles.json")).value();
  support::agrees(model, support::asked_rows("xgboost_quantiles"), [](std::size_t tree) { return tree; });
}

TEST_CASE("XGBoost: names, objective, importance and shares come with the file") {
  const auto model = read(model_text("regression.json")).value();
  CHECK(model.objective() == "reg:squarederror");
  REQUIRE(model.column_names().size() == 4);
  CHECK(model.column_names()[2] == "c \"\xc3\xa9\"");
  CHECK(model.sums_trees());
  CHECK_FALSE(read(model_text("linear.json")).value().sums_trees());
  CHECK(model.importance()[0] > 0.3);
  const support::asked_rows asked("xgboost_regression");
  const auto bytes = support::golden("formats/xgboost_regression.shares");
  std::vector<double> theirs(bytes.size() / 8), ours(4);
  std::memcpy(theirs.data(), bytes.data(), bytes.size());
  mr::model::tree_explainer why(model.trees(), 4);
  CHECK(why.base() + model.start()[0] == Approx(theirs[4]));
  for (std::size_t i = 0; i < theirs.size() / 5; ++i) {
    why.contributions(asked.view().row(i), ours);
    for (std::size_t j = 0; j < 4; ++j) CHECK(ours[j] == Approx(theirs[5 * i + j]).margin(1e-5));
  }
}

TEST_CASE("XGBoost: what is no model, or none that is known, is refused by name") {
  const std::string text = model_text("binary.json");
  const auto refused = [&](const std::string& from, const std::string& to) { return refusal(changed(text, from, to)); };
  const std::string older = refusal("{.\x99@ and so on");  // 4.786924, as older files begin
  CHECK(older.find("older binary format") != older.npos);
  CHECK(refusal("").substr(0, 30) == "XGBoost model: neither JSON no");
  CHECK(refusal("[]").substr(0, 30) == "XGBoost model: neither JSON no");
  CHECK(refusal("{}") == "XGBoost model: num_feature is 0, in [1, 65536] is supported");
  CHECK(refusal(text + "x") == "XGBoost model: the file: this is no JSON (byte " + std::to_string(text.size()) + ")");
  CHECK(refused("\"binary:logistic\"", "\"unary:logistic\"") == "XGBoost model: objective \"unary:logistic\"");
  CHECK(refused("\"name\":\"gbtree\"", "\"name\":\"gbshrub\"") == "XGBoost model: booster \"gbshrub\"");
  CHECK(refused("\"num_feature\":\"4\",\"num_target\"", "\"num_feature\":\"70000\",\"num_target\"") ==
        "XGBoost model: num_feature is 70000, in [1, 65536] is supported");
  CHECK(refused("\"num_class\":\"0\"", "\"num_class\":\"4294967295\"") ==
        "XGBoost model: 4294967295 outputs, at most 65,536 are supported");
  CHECK(refused("\"num_class\":\"0\"", "\"num_class\":\"-1\"").substr(0, 66) ==
        "XGBoost model: learner.learner_model_param.num_class: a whole numb");
  CHECK(refused("base_score\":\"[", "base_score\":\"[2,3,") == "XGBoost model: base_score is \"[2,3,4.525E-1]\"");
  CHECK(refused("base_score\":\"[", "base_score\":\"[x") == "XGBoost model: base_score is \"[x4.525E-1]\"");
  CHECK(refused("base_score\":\"[4.525E-1]", "base_score\":\"1") ==
        "XGBoost model: boosted model: a score that it starts from is not finite");
  CHECK(refused("\"tree_info\":[0,", "\"tree_info\":[") ==
        "XGBoost model: tree_info has not as many numbers as there are trees");
  CHECK(refused("\"tree_info\":[0,", "\"tree_info\":[1,") == "XGBoost model: tree 0: it is of output 1");
  CHECK(refusal(changed(model_text("dart.json"), "\"weight_drop\":[", "\"weight_drop\":[1,")) ==
        "XGBoost model: weight_drop has not as many numbers as there are trees");
  CHECK(refusal(changed(model_text("linear.json"), "\"weights\":[", "\"weights\":[1,")) ==
        "XGBoost model: weights has not one number for each column and output, and one for each output");
}

TEST_CASE("XGBoost: a damaged tree is refused with its path, or its number and node") {
  const std::string text = model_text("binary.json");
  const auto refused = [&](const std::string& from, const std::string& to) { return refusal(changed(text, from, to)); };
  const std::string trees = "XGBoost model: learner.gradient_booster.model.trees";
  CHECK(refused("\"left_children\":[1,3", "\"left_children\":[1,3.5").substr(0, trees.size() + 41) ==
        trees + "[0].left_children[1]: an unexpected value");
  CHECK(refused("\"left_children\":[1,3", "\"left_children\":[1,}").substr(0, trees.size() + 39) ==
        trees + "[0].left_children[1]: this is no JSON (");
  CHECK(refused("\"default_left\":[1,", "\"default_left\":[").find("trees[0]: default_left has not") != text.npos);
  CHECK(refused("\"left_children\":[1,", "\"left_children\":[0,") ==
        "XGBoost model: tree 0: node 0: its child 0 is no node, or another's child too");
  CHECK(refused("\"left_children\":[1,", "\"left_children\":[2,") ==
        "XGBoost model: tree 0: node 0: its child 2 is no node, or another's child too");
  CHECK(refused("\"left_children\":[1,", "\"left_children\":[13,") ==
        "XGBoost model: tree 0: node 0: its child 13 is no node, or another's child too");
  CHECK(refused("\"split_indices\":[0,", "\"split_indices\":[4,") ==
        "XGBoost model: tree 0: node 0: its column is 4, the last one 3");
  CHECK(refused("\"split_indices\":[0,", "\"split_indices\":[-1,") ==
        "XGBoost model: tree 0: node 0: its column is 18446744073709551615, the last one 3");
  CHECK(refused(
            ",9.7023034E-1,-4.4146186E-1,7.6685846E-1,-2.1429247E-1,-7.5727665E-1,2.2528935E-2,5.9318537E-1],\"split_i",
            ",NaN,1,1,1,1,1,1],\"split_i") == "XGBoost model: tree 0: node 6: its leaf has no finite value");
  CHECK(refused("\"categories_nodes\":[1]", "\"categories_nodes\":[13]") ==
        "XGBoost model: tree 0: categories of node 13");
  CHECK(refused("\"categories_sizes\":[8]", "\"categories_sizes\":[9]") ==
        "XGBoost model: tree 0: node 1: its categories are not there");
  CHECK(refused("\"categories\":[0,", "\"categories\":[16777216,") ==
        "XGBoost model: tree 0: node 1: category 16777216");
  // A threshold that is infinite or no number; -infinity has nothing below it.
  for (const char* by : {"-Infinity", "NaN", "Infinity"})
    CHECK(read(changed(text, "\"split_conditions\":[2.543075E-1", std::string("\"split_conditions\":[") + by)));
}

TEST_CASE("XGBoost: lengths and depths that files only claim take no memory") {
  std::string text = model_text("several.ubj");
  const std::size_t length = text.find("left_children[$l#L") + 18;
  REQUIRE(length > 18);
  for (const char claimed : {'\x7f', '\x00', '\xff'}) {
    std::string damaged = text;
    damaged[length] = claimed;
    if (claimed == 0) damaged.replace(length, 8, std::string("\0\0\0\1\0\0\0\0", 8));  // 4 GiB
    CHECK(refusal(damaged).find("trees[0].left_children: this is no UBJSON") != text.npos);
  }
  for (const std::string& deep : {std::string(1'000'000, '['), std::string(1'000'000, '{')})
    CHECK_FALSE(read("{\"a\":" + deep));
  std::string nested = "{";
  for (int i = 0; i < 1000; ++i) nested += "i\1a[";
  CHECK_FALSE(read(nested));
}

TEST_CASE("XGBoost: every truncation is refused, and no damaged byte does harm") {
  for (const char* file : {"binary.json", "categories.ubj", "targets.json", "targets_2_1.ubj", "linear_binary.ubj"}) {
    const std::string text = model_text(file);
    const support::asked_rows asked("xgboost_" + std::string(file).substr(0, std::string_view(file).find('.')));
    for (std::size_t size = 0; size < text.size(); ++size) CHECK_FALSE(read({text.data(), size}));
    std::size_t sound = 0;
    std::vector<double> out;
    for (std::size_t at = 0; at < text.size(); ++at)
      for (const int bit : {0, 2, 4, 7}) {
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
