#include <millrace/model/formats/catboost.hpp>

#include <laws/predictor.hpp>
#include <support/boosted_formats.hpp>
#include <support/catch.hpp>
#include <support/golden.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <millrace/model/trees/tree_explainer.hpp>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mr = millrace;
using mr::model::boosted_model;
using mr::model::read_catboost;
using mr::model::score_link;
using support::changed;

namespace {

std::string model_text(const std::string& name) { return support::golden_text("formats/catboost_" + name + ".json"); }
mr::result<boosted_model> read(std::string_view text) { return read_catboost(std::as_bytes(std::span(text))); }

std::string refusal(const std::string& text) { return support::refusal_of(read(text)); }

/// A model of one column, with this inside.
std::string tiny(const std::string& members) {
  return R"({"features_info":{"float_features":[{"feature_index":0,"flat_feature_index":0,"feature_id":"a"}]},)" +
         members + "}";
}
double answer(const std::string& text, std::vector<float> row) {
  const auto model = read(text);
  INFO((model ? std::string() : model.error().describe()));
  REQUIRE(model);
  return (*model)(row);
}

}  // namespace

TEST_CASE("CatBoost: every row falls into the leaf, and has the output, that CatBoost finds for it") {
  for (const char* name :
       {"binary", "regression", "no_missing", "categories", "depthwise", "lossguide", "multiclass", "multiclassova",
        "targets", "labels", "scaled", "cross_entropy", "poisson", "tweedie", "quantile"}) {
    INFO(name);
    const auto model = read(model_text(name));
    INFO((model ? std::string() : model.error().describe()));
    REQUIRE(model);
    support::asked_rows asked("catboost_" + std::string(name));
    const std::size_t outputs = model->outputs();
    if (model->link() == score_link::sigmoid && outputs == 1) {  // CatBoost gives the other class's share, too
      std::vector<double> second;
      for (std::size_t i = 1; i < asked.expected.size(); i += 2) second.push_back(asked.expected[i]);
      asked.expected = std::move(second);
      asked.outputs = 1;
    }
    const bool scores = std::string_view(name) == "multiclassova";  // of which CatBoost has no probabilities
    std::vector<double> found(asked.expected.size());
    if (scores)
      model->score(asked.view(), std::span(found));
    else
      support::agrees(*model, asked, [&](std::size_t tree) { return tree * outputs; }, 1e-12);
    if (scores) CHECK(found == asked.expected);
    laws::predicts(*model, asked.view());
    // Where no function follows, the sums are the same to the bit.
    if (model->link() != score_link::none || std::string_view(name) == "scaled") continue;
    model->predict(asked.view(), found);
    CHECK(found == asked.expected);
  }
}

TEST_CASE("CatBoost: names, losses, importance and shares come with the file") {
  const auto binary = read(model_text("binary")).value();
  CHECK(binary.objective() == "Logloss");
  CHECK(binary.link() == score_link::sigmoid);
  REQUIRE(binary.column_names().size() == 4);
  CHECK(binary.column_names()[2] == "c \"\xc3\xa9\"");
  CHECK(read(model_text("regression")).value().column_names().empty());
  CHECK(read(model_text("multiclassova")).value().link() == score_link::sigmoid);

  // get_feature_importance(), as tests/oracle/boosted_formats.py prints it.
  const double importance[2][4] = {{86.9692625404798, 11.24062408049841, 0.0, 1.790113379021784},
                                   {2.304760244306969, 0.125754588588842, 0.1169024769635611, 97.45258269014062}};
  const char* const names[] = {"regression", "depthwise"};
  for (std::size_t k = 0; k < 2; ++k) {
    const std::string name = names[k];
    INFO(name);
    const auto model = read(model_text(name)).value();
    const std::vector<double> ours = model.importance();
    for (std::size_t j = 0; j < 4; ++j) CHECK(100 * ours[j] == Approx(importance[k][j]).margin(1e-9));

    const support::asked_rows asked("catboost_" + name);
    const auto bytes = support::golden("formats/catboost_" + name + ".shares");
    std::vector<double> theirs(bytes.size() / 8), shares(4);
    std::memcpy(theirs.data(), bytes.data(), bytes.size());
    mr::model::tree_explainer why(model.trees(), 4);
    CHECK(why.base() + model.start()[0] == Approx(theirs[4]));
    for (std::size_t i = 0; i < theirs.size() / 5; ++i) {
      why.contributions(asked.view().row(i), shares);
      for (std::size_t j = 0; j < 4; ++j) CHECK(shares[j] == Approx(theirs[5 * i + j]).margin(1e-9));
    }
  }
}

TEST_CASE("CatBoost: categories are known by their texts") {
  const auto model = read(model_text("categories")).value();
  CHECK(model.category(3, "card") >= 0);
  CHECK(model.category(3, "cards") == -1);
  CHECK(model.category(0, "card") == -1);
  CHECK(model.category(9, "card") == -1);
  CHECK(model.knows_categories(3));
  CHECK_FALSE(model.knows_categories(0));
  CHECK(read(model_text("binary")).value().category(3, "card") == -1);
  // The codes are places in the file's list, and survive saving.
  const auto again = boosted_model::load(model.save()).value();
  std::vector<bool> seen(20);
  for (const char* text : {"", "7", "of", "card", "12 chars now", "a category of 24 letters", "seven", "eight",
                           "one of more than thirty-two letters, \xc3\xa9, in UTF-8",
                           "and one that is far longer, of more than sixty-four letters, which are hashed in blocks"}) {
    const float code = model.category(3, text);
    CHECK(code == again.category(3, text));
    if (code < 0) continue;
    CHECK_FALSE(seen[static_cast<std::size_t>(code)]);
    seen[static_cast<std::size_t>(code)] = true;
  }
  const std::vector<float> row{0, 0, 0, model.category(3, "a category of 24 letters")};
  CHECK(model(row) != model(std::vector<float>{0, 0, 0, -1}));
  CHECK(model(row) == again(row));
  CHECK(again.save() == model.save());
}

TEST_CASE("CatBoost: texts of every length have the hash that CatBoost writes for them") {
  const std::pair<std::string, std::uint32_t> known[] = {
      // cat_features_hash of catboost_categories.json
      {"eight", 2509521627U},
      {"7", 4277023987U},
      {"one of more than thirty-two letters, \xc3\xa9, in UTF-8", 2244152886U},
      {"and one that is far longer, of more than sixty-four letters, which are hashed in blocks", 3568950003U},
      {"card", 2274676712U},
      {std::string(64, 'x'), 648792787U},
      {"of", 3754075551U},
      {"12 chars now", 3524185367U},
      {std::string(150, 'y'), 1878530508U},
      {"", 797982799U},
      {"seven", 2476240854U},
      {"a category of 24 letters", 1534395604U}};
  for (const auto& [text, hash] : known)
    CHECK(static_cast<std::uint32_t>(mr::model::detail::city_hash::of(text)) == hash);
}

TEST_CASE("CatBoost: files of other shapes") {
  const std::string leaf = R"("oblivious_trees":[{"splits":null,"leaf_values":[2]}])";
  CHECK(answer(tiny(leaf), {0}) == 2);
  CHECK(answer(tiny(leaf + R"(,"scale_and_bias":[3,1])"), {0}) == 7);
  CHECK(answer(tiny(leaf + R"(,"scale_and_bias":[3,[1]])"), {0}) == 7);
  CHECK(answer(tiny(R"("trees":[{"value":[2]}])"), {0}) == 2);
  CHECK(answer(tiny(R"("oblivious_trees":null)"), {0}) == 0);
  // Older versions have the parameters as a text.
  const std::string nested = R"("model_info":{"params":"{\"loss_function\":{\"type\":\"Poisson\"}}"})";
  CHECK(answer(tiny(leaf + "," + nested), {0}) == Approx(std::exp(2.0)));
  // A border is compared as a float, and so is the row.
  const std::string split = R"("oblivious_trees":[{"splits":[{"split_type":"FloatFeature","float_feature_index":0,)"
                            R"("border":0.1}],"leaf_values":[1,2]}])";
  CHECK(answer(tiny(split), {0.1F}) == 1);
  CHECK(answer(tiny(split), {std::nextafter(0.1F, 1.0F)}) == 2);
  CHECK(answer(tiny(split), {std::nanf("")}) == 1);
}

TEST_CASE("CatBoost: what is no model, or none that is known, is refused by name") {
  CHECK(refusal(model_text("counters")) ==
        "CatBoost model: counters of categories: Borders(d); a model trained with a one_hot_max_size of all categories "
        "has "
        "none");
  CHECK(refusal(model_text("uncertain")) == "CatBoost model: loss \"RMSEWithUncertainty\"");
  CHECK(refusal("{}") == "CatBoost model: it has no features");
  CHECK(refusal("[]").substr(0, 50) == "CatBoost model: the file: an object is expected (b");
  const std::string text = model_text("binary");
  CHECK(refusal(text + "x") == "CatBoost model: the file: this is no JSON (byte " + std::to_string(text.size()) + ")");
  const auto refused = [&](const std::string& from, const std::string& to, const char* name = "binary") {
    return refusal(changed(model_text(name), from, to));
  };
  CHECK(
      refused("\"AsFalse\"", "\"AsZero\"").find("float_features[0].nan_value_treatment: no treatment of NaN that is") !=
      text.npos);
  CHECK(refused("\"flat_feature_index\":1", "\"flat_feature_index\":65536") ==
        "CatBoost model: its last column is 65536, at most 65535 is supported");
  CHECK(refused("\"flat_feature_index\":1", "\"flat_feature_index\":0") == "CatBoost model: two features are column 0");
  CHECK(refused("\"feature_index\":1", "\"feature_index\":0") == "CatBoost model: two features have the index 0");
  CHECK(refused("\"float_features\":", "\"text_features\":[{}],\"float_features\":")
            .find("text_features[0]: not supported") != text.npos);
}

TEST_CASE("CatBoost: a damaged tree is refused with its path, or its number and split") {
  const auto refused = [&](const std::string& from, const std::string& to, const char* name = "regression") {
    return refusal(changed(model_text(name), from, to));
  };
  const std::string none = "CatBoost model: tree 0: ";
  CHECK(refused("\"leaf_values\":[", "\"leaf_values\":[1,") ==
        none + "it has 9 values, which is not one for each leaf and output");
  CHECK(refused("\"leaf_weights\":[", "\"leaf_weights\":[1,") == none + "leaf_weights has not a number for each leaf");
  CHECK(refused("\"float_feature_index\":0", "\"float_feature_index\":9") ==
        none + "split 0: float feature 9 is not in features_info");
  CHECK(refused("\"split_type\":\"FloatFeature\"", "\"other\":0") == none + "split 0: it has no split_type");
  CHECK(refused("\"FloatFeature\"", "\"ExactFeature\"").find("splits[0].split_type: a kind of split that is not") !=
        none.npos);
  CHECK(
      refused("\"splits\":[{\"border\":", "\"splits\":[{\"border\":\"").find("oblivious_trees[0].splits[0].border: ") !=
      none.npos);
  CHECK(refused("\"splits\":[{\"border\":", "\"splits\":[{\"border\":NaN,\"x\":").find("its threshold is NaN") !=
        none.npos);
  CHECK(refused("\"leaf_values\":[", "\"leaf_values\":[NaN,\"").find("oblivious_trees[0].leaf_values[1]: ") !=
        none.npos);
  CHECK(refused("\"value\":-", "\"value\":1", "categories").find("is not in features_info") != none.npos);
  CHECK(refused("\"value\":-", "\"valve\":-", "depthwise").find("it has 7 values") != none.npos);
  std::string many;  // splits whose leaves no number counts
  for (int i = 0; i < 70; ++i) many += R"({"split_type":"FloatFeature","float_feature_index":0,"border":0},)";
  many.pop_back();
  CHECK(
      refusal(tiny("\"oblivious_trees\":[{\"splits\":[" + many + "],\"leaf_values\":[1]}]")).find("it has 1 values") !=
      none.npos);
  std::string deep;
  for (int i = 0; i < 500; ++i) deep += "{\"left\":";
  CHECK(refusal(tiny("\"trees\":[" + deep)).find("this is no JSON") != none.npos);
}

TEST_CASE("CatBoost: every truncation is refused, and no damaged byte does harm") {
  for (const char* name : {"regression", "categories", "depthwise", "lossguide", "targets", "counters"}) {
    const std::string text = model_text(name);
    for (std::size_t size = 0; size < text.size(); ++size) CHECK_FALSE(read({text.data(), size}));
    const std::vector<float> rows{0, 0, 0, 0, 1, -1, std::nanf(""), 3};
    std::size_t sound = 0;
    std::vector<double> out;
    for (std::size_t at = 0; at < text.size(); ++at)
      for (const int bit : {0, 2, 4, 7}) {
        std::string damaged = text;
        damaged[at] = static_cast<char>(damaged[at] ^ 1 << bit);
        const auto model = read(damaged);
        if (!model || model->inputs() > 4) continue;
        ++sound;
        out.resize(2 * model->outputs());
        model->predict(mr::model::matrix_view(rows, 4), out);
      }
    CHECK((sound > 0) == (std::string_view(name) != "counters"));  // another number is a model still
  }
}
