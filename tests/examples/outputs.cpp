#include <examples/lifecycle/work/outputs.hpp>

#include <support/catch.hpp>
#include <support/temp_dir.hpp>

#include <filesystem>
#include <set>
#include <string>

using namespace lifecycle;

namespace {

std::set<std::string> names_in(const std::string& folder) {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) names.insert(entry.path().filename().string());
  return names;
}

}  // namespace

TEST_CASE("nothing stands under its own name before everything is published") {
  const support::temp_dir folder;
  const std::string path = (folder / "a/b");
  {
    auto out = output_folder::open(path);
    REQUIRE(out);
    REQUIRE(mr::store::write_file(out->audit_path(), "{}\n"));
    REQUIRE(out->stage("report.html", "<html>"));
    REQUIRE(out->stage("model.bin", "model"));
    CHECK(!std::filesystem::exists(path + "/report.html"));
    CHECK(!std::filesystem::exists(path + "/audit.jsonl"));
    REQUIRE(out->publish());
  }
  CHECK(names_in(path) == std::set<std::string>{"report.html", "model.bin", "audit.jsonl"});
  CHECK(mr::store::read_file(path + "/model.bin").value() == "model");
}

TEST_CASE("a run that ends early leaves an earlier one's files, and only its audit log beside them") {
  const support::temp_dir folder;
  const std::string path = (folder / "out");
  {
    auto first = output_folder::open(path);
    REQUIRE(first);
    REQUIRE(mr::store::write_file(first->audit_path(), "first\n"));
    REQUIRE(first->stage("report.html", "first"));
    REQUIRE(first->publish());
  }
  {
    auto second = output_folder::open(path);
    REQUIRE(second);
    REQUIRE(mr::store::write_file(second->audit_path(), "second\n"));
    REQUIRE(second->stage("report.html", "second"));
  }
  CHECK(names_in(path) == std::set<std::string>{"report.html", "audit.jsonl", "audit.partial.jsonl"});
  CHECK(mr::store::read_file(path + "/report.html").value() == "first");
  CHECK(mr::store::read_file(path + "/audit.jsonl").value() == "first\n");
  REQUIRE(output_folder::open(path));
  CHECK(names_in(path) == std::set<std::string>{"report.html", "audit.jsonl"});  // the next run clears it away
}

TEST_CASE("a folder that cannot be is an error that names it") {
  const support::temp_dir folder;
  REQUIRE(mr::store::write_file((folder / "file"), "x"));
  for (const std::string& path :
       {(folder / "file"), (folder / "file/below"), std::string("/proc/no-such-folder"), std::string()}) {
    const auto out = output_folder::open(path);
    REQUIRE(!out);
    CHECK(out.error().describe().find(path) != std::string::npos);
  }
}
