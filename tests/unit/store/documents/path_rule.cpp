#include <millrace/store/documents/path_rule.hpp>

#include <support/catch.hpp>

#include <string>
#include <utility>
#include <vector>

namespace ms = millrace::store;

namespace {

constexpr ms::path_rule rules[] = {{"r/models/#/model", "r/models/#.json"},
                                   {"r/models/#/versions/#", "r/metadata/#/v#.json"},
                                   {"r/rules/*", "r/rules/*.json"},
                                   {"t/artifacts/*/**", "t/artifacts/*/**.json"}};

std::string number(std::uint64_t n) { return ms::number_key_part(n); }

}  // namespace

TEST_CASE("path_rule: keys and the files that they are in, both ways") {
  const ms::detail::document_paths plain({});
  const ms::detail::document_paths ruled(rules);
  const std::string long_part(252, 'k');
  const std::vector<std::pair<std::string, std::string>> without = {
      {"a", "a.bin"},
      {"a/b", "a/b.bin"},
      {"a.json", "a.json"},
      {"a.json/b.json", "a.json.dir/b.json"},
      {"a.dir/b.bin/c", "a.dir.dir/b.bin.dir/c.bin"},
      {"x.bin", "x.bin.bin"},
      {"index.parquet", "index.parquet.bin"},
      {"index.parquet/a.json", "index.parquet.dir/a.json"},
      {"entries.jsonl", "entries.jsonl.bin"},
      {long_part.substr(1), long_part.substr(1) + ".bin"},
      {long_part, ""},
  };
  for (const auto& [key, path] : without) {
    INFO(key);
    CHECK(plain.path_of(key) == path);
    if (!path.empty()) CHECK(plain.key_of(path) == key);
  }
  const std::vector<std::pair<std::string, std::string>> with = {
      {"r/models/" + number(1) + "/model", "r/models/1.json"},
      {"r/models/" + number(~std::uint64_t{0}) + "/model", "r/models/18446744073709551615.json"},
      {"r/models/" + number(12) + "/versions/" + number(3), "r/metadata/12/v3.json"},
      {"r/rules/production", "r/rules/production.json"},
      {"t/artifacts/run/model/weights", "t/artifacts/run/model/weights.json"},
      {"t/artifacts/run/a.json/weights", "t/artifacts/run/a.json.dir/weights.bin"},
      {"t/artifacts/run/a.json", "t/artifacts/run/a.json.json"},
      // What no rule fits, and what is where a rule has its own.
      {"r/models/1/model", "r/models/1/model.bin"},
      {"r/models/1.json", ""},
      {"r/metadata/1/v1.json", ""},
      {"r/metadata/1/v01.json", "r/metadata/1/v01.json"},
      {"t/artifacts/run", "t/artifacts/run.bin"},
  };
  for (const auto& [key, path] : with) {
    INFO(key);
    CHECK(ruled.path_of(key) == path);
    if (!path.empty()) CHECK(ruled.key_of(path) == key);
  }
  // Where no object's file is.
  for (const char* path :
       {"a", "a.txt", "a.json/b.json", "a/index.parquet", "../a.json", "a//b.json", "r/models/x.json/y"})
    CHECK(ruled.key_of(path) == "");
}
