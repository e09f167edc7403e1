#include <millrace/registry/compare.hpp>

#include <support/catch.hpp>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace mg = millrace::registry;

namespace {

std::vector<mg::model_version> two_versions() {
  std::vector<mg::model_version> made(2);
  for (std::size_t i = 0; i < 2; ++i) {
    made[i].model = "fraud";
    made[i].version = i + 3;
    made[i].framework = "onnx";
    made[i].metrics = {{"auc", i == 0 ? .9 : .95}};
  }
  made[1].metrics.push_back({"<b>\"loss\"</b>", .25});
  made[0].tags = {{"note", "=HYPERLINK(\"x\")\n<script>"}};
  made[0].artifacts = {{"model.onnx", std::string(64, 'a'), 1, mg::artifact_type::onnx}};
  return made;
}

}  // namespace

TEST_CASE("versions stand side by side") {
  const auto made = mg::compare(two_versions());
  CHECK(made.versions == std::vector<std::string>{"fraud 3", "fraud 4"});
  CHECK(made.report() ==
        "                            fraud 3                      fraud 4\n"
        "  version stage             development                  development\n"
        "  version semantic version\n"
        "  version framework         onnx                         onnx\n"
        "  version created           1970-01-01T00:00:00.000000Z  1970-01-01T00:00:00.000000Z\n"
        "  version created by\n"
        "  version run\n"
        "* metrics auc               0.9                          0.95\n"
        "* metrics <b>\"loss\"</b>                                  0.25\n"
        "* tags note                 =HYPERLINK(\"x\") <script>\n"
        "* artifacts model.onnx      aaaaaaaaaaaa\n");
}

TEST_CASE("a comparison as CSV has no formulas") {
  const std::string text = to_csv(mg::compare(two_versions()));
  CHECK(text.starts_with(
      "group,key,\"fraud 3\",\"fraud 4\"\r\n\"version\",\"stage\",\"development\",\"development\"\r\n"));
  CHECK(text.find("\"metrics\",\"auc\",\"0.9\",\"0.95\"\r\n") != std::string::npos);
  CHECK(text.find("\"tags\",\"note\",\"'=HYPERLINK(\"\"x\"\")\n<script>\",\"\"\r\n") != std::string::npos);
}

TEST_CASE("a comparison as HTML has no markup but its own") {
  const std::string text = to_html(mg::compare(two_versions()));
  CHECK(text.find("<tr class=\"differs\"><th>metrics</th><th>auc</th><td>0.9</td><td>0.95</td></tr>") !=
        std::string::npos);
  CHECK(text.find("&lt;b&gt;&quot;loss&quot;&lt;/b&gt;") != std::string::npos);
  CHECK(text.find("<script>") == std::string::npos);
  CHECK(text.find("<tr><th>version</th><th>framework</th><td>onnx</td>") != std::string::npos);
}

TEST_CASE("a comparison as JSON says what differs") {
  const auto read = nlohmann::json::parse(to_json(mg::compare(two_versions())));
  CHECK(read["versions"][1] == "fraud 4");
  bool found = false;
  for (const auto& row : read["rows"])
    if (row["key"] == "auc") found = row["differs"] == true && row["cells"][1] == "0.95";
  CHECK(found);
  CHECK(mg::compare({}).rows.empty());
}
