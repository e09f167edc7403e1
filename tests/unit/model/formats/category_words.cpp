#include <millrace/model/formats/category_words.hpp>

#include <support/catch.hpp>
#include <support/golden.hpp>

#include <millrace/feature/tables/csv.hpp>
#include <millrace/model/formats/boosted_file.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mr = millrace;
using mr::model::category_words;
using mr::model::read_category_words;

namespace {

std::string golden(const std::string& name) { return std::string(MILLRACE_GOLDEN_DIR) + "/formats/" + name; }

mr::result<std::vector<category_words>> words_in(std::string_view text) {
  return read_category_words(std::as_bytes(std::span(text)));
}

/// The table as it stood before training: tests/oracle/category_words.py.
mr::feature::table trained_on() {
  mr::feature::csv_options how;
  how.columns = {{"country", mr::feature::column_kind::category}, {"visits", mr::feature::column_kind::category}};
  return mr::feature::read_csv(mr::store::read_file(golden("words.csv")).value(), how).value();
}

}  // namespace

TEST_CASE("category words: rows of words get what their libraries say") {
  const mr::feature::table rows = trained_on();
  REQUIRE(rows.rows() == 80);
  const std::pair<const char*, const char*> files[] = {{"words_lightgbm.txt", "lightgbm"},
                                                       {"words_xgboost.json", "xgboost"},
                                                       {"words_xgboost.ubj", "xgboost"},
                                                       {"words_xgboost_dart.json", "dart"}};
  for (const auto& [file, column] : files) {
    CAPTURE(file);
    const auto words = read_category_words(mr::store::read_bytes(golden(file)).value());
    REQUIRE(words);
    REQUIRE(words->size() == 2);
    CHECK((*words)[0].column == 1);
    CHECK((*words)[1].column == 2);
    CHECK((*words)[0].words == std::vector<std::string>{"Chad", "Oman", "Peru", "a \"quoted\" one"});
    CHECK((*words)[1].words == std::vector<std::string>{"1", "2", "7"});
    const auto model = mr::model::load_boosted_model(golden(file));
    REQUIRE(model);
    CHECK_FALSE(model->knows_categories(1));  // the words stand beside the model, as the guide says
    for (std::size_t i = 0; i < rows.rows(); ++i) {
      std::vector<float> row{static_cast<float>(rows.find("amount paid")->numbers[i])};
      for (const category_words& one : *words) {
        const auto found = std::ranges::find(one.words, rows.find(one.column == 1 ? "country" : "visits")->text(i));
        REQUIRE(found != one.words.end());
        row.push_back(static_cast<float>(found - one.words.begin()));
      }
      CHECK(std::fabs((*model)(row)-rows.find(column)->numbers[i]) < 2e-7);
    }
  }
}

TEST_CASE("category words: files without words have none") {
  for (const char* file : {"lightgbm_binary.txt", "xgboost_binary.json", "xgboost_categories.ubj", "words.csv"}) {
    CAPTURE(file);
    const auto words = read_category_words(mr::store::read_bytes(golden(file)).value());
    REQUIRE(words);
    CHECK(words->empty());
  }
  CHECK(words_in("").value().empty());
  CHECK(words_in("tree\npandas_categorical:null\n").value().empty());
}

TEST_CASE("category words: LightGBM's lists belong to the columns whose range is a list") {
  const auto of = [](const std::string& infos, const std::string& lists) {
    return words_in("tree\nfeature_infos=" + infos + "\r\nx\npandas_categorical:" + lists + "\r\n");
  };
  const auto some = of("[0:1] 0:1 none 2:0", R"([["\u00c5"],["b",true,1.5]])").value();
  REQUIRE(some.size() == 2);
  CHECK(some[0].column == 1);
  CHECK(some[0].words[0] == "\xc3\x85");
  CHECK(some[1].column == 3);
  CHECK(some[1].words == std::vector<std::string>{"b", "True", "1.5"});
  const auto unused = of("[0:1] 0:1 none", R"([["a"],["b"]])").value();  // a column of categories that no tree uses
  CHECK(unused[1].column == 2);
  CHECK(of("[0:1] 0:1", R"([["a"],["b"]])").error().code() == mr::errc::unsupported);
  for (const char* broken : {"[", "[1]", "[[null]]", "{}", "[[\"a\"]] x", "[[[]]]"}) {
    CAPTURE(broken);
    CHECK(of("0:1", broken).error().code() == mr::errc::corrupt);
  }
}

TEST_CASE("category words: XGBoost's texts end where they should") {
  const auto of = [](const std::string& enc) {
    return words_in(R"({"learner":{"gradient_booster":{"model":{"cats":{"enc":[)" + enc + "]}}}}}");
  };
  CHECK(of(R"({"offsets":[0,2,2],"values":[104,105]})").value()[0].words == std::vector<std::string>{"hi", ""});
  CHECK(of(R"({"type":10,"values":[0.5]},{"offsets":[],"values":[]})").value().size() == 1);
  for (const char* broken :
       {R"({"offsets":[0,3],"values":[104,105]})", R"({"offsets":[2,0],"values":[104,105]})",
        R"({"offsets":[0],"values":[1,"x"]})", R"({"offsets":[-1,1],"values":[1]})", R"({"values":"x"})", "1"}) {
    CAPTURE(broken);
    const auto refused = of(broken);
    REQUIRE(!refused);
    CHECK(refused.error().code() == mr::errc::corrupt);
    CHECK(refused.error().describe().starts_with("XGBoost model: learner.gradient_booster.model.cats.enc"));
  }
  CHECK(words_in("{").error().code() == mr::errc::corrupt);
  // XGBoost counts characters and cuts bytes, so that "Åland" is written as "Ålan".
  CHECK(of(R"({"offsets":[0,5],"values":[-61,-123,108,97,110]})").error().code() == mr::errc::unsupported);
}

TEST_CASE("category words: a file cut short, or with a bit turned, is read or refused") {
  for (const char* file : {"words_lightgbm.txt", "words_xgboost.json", "words_xgboost.ubj"}) {
    const auto bytes = mr::store::read_bytes(golden(file)).value();
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      static_cast<void>(read_category_words(std::span(bytes).first(i)));
      auto turned = bytes;
      turned[i] ^= std::byte{static_cast<unsigned char>(1U << i % 8)};
      static_cast<void>(read_category_words(turned));
    }
  }
}
