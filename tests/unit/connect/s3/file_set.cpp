#include <millrace/connect/s3/file_set.hpp>

#include <support/catch.hpp>
#include <support/s3_fake.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mr = millrace;
namespace s3 = millrace::connect::s3;
namespace ms = millrace::store;
using support::faked_bucket;
using support::s3_fault;
using file_set = s3::file_set<faked_bucket::bucket_type>;

namespace {

std::span<const std::byte> bytes(std::string_view text) { return std::as_bytes(std::span(text.data(), text.size())); }
std::string text(const std::vector<std::byte>& of) { return {reinterpret_cast<const char*>(of.data()), of.size()}; }

}  // namespace

TEST_CASE("s3: files become visible together, and one of those who publish at once wins") {
  faked_bucket at;
  file_set served(at.bucket, "churn/serving");
  CHECK(served.load()->revision == 0);
  CHECK(served.load()->files.empty());
  const std::vector<s3::new_file> files = {{"model.onnx", bytes("network")}, {"labels", bytes("yes no")}};
  const auto first = served.publish(files, 0);
  REQUIRE(first);
  CHECK(first->revision == 1);
  REQUIRE(first->files.size() == 2);
  CHECK(first->files[0].path == "labels");
  CHECK(first->files == served.load()->files);
  CHECK(text(*served.read(*first, "model.onnx")) == "network");
  CHECK(served.read(*first, "other").error().code() == mr::errc::not_found);

  const auto late = served.publish(files, 0);
  CHECK(late.error().code() == mr::errc::conflict);
  CHECK(late.error().message() == "the files of \"churn/serving\" are of revision 1 and not 0");
  const std::vector<s3::new_file> next = {{"model.onnx", bytes("another")}};
  const auto second = served.publish(next, 1);
  REQUIRE(second);
  CHECK(second->revision == 2);
  // A reader of the first still has the first.
  CHECK(text(*served.read(*first, "model.onnx")) == "network");
  CHECK(text(*served.read(*second, "model.onnx")) == "another");
  CHECK(*served.remove_unused(~std::uint64_t{0}) == 0);
  const std::vector<s3::new_file> twice = {{"a", bytes("1")}, {"a", bytes("2")}};
  CHECK(served.publish(twice, 2).error().message() == "the file \"a\" is there twice");
  const std::vector<s3::new_file> outside = {{"../a", bytes("1")}};
  CHECK(served.publish(outside, 2).error().code() == mr::errc::invalid_argument);
}

TEST_CASE("s3: somebody publishes between a reading and a writing of the manifest") {
  faked_bucket at;
  file_set served(at.bucket, "s");
  file_set other(at.bucket, "s");
  const std::vector<s3::new_file> mine = {{"f", bytes("mine")}};
  const std::vector<s3::new_file> theirs = {{"f", bytes("theirs")}};
  bool is_in = false;
  at.way.faults = [&](std::size_t, const ms::http_request& asked) {
    if (asked.method == "PUT" && asked.target == "/s/manifest.json" && !is_in) {
      is_in = true;
      CHECK(other.publish(theirs, 0));
    }
    return s3_fault::none;
  };
  const auto lost = served.publish(mine, 0);
  CHECK(lost.error().code() == mr::errc::conflict);
  CHECK(lost.error().describe().find("were published by somebody else meanwhile") != std::string::npos);
  CHECK(text(*served.read(*served.load(), "f")) == "theirs");
  CHECK(*served.remove_unused(0) == 1);
  CHECK(text(*served.read(*served.load(), "f")) == "theirs");
}

TEST_CASE("s3: a publisher that is cut at any request has published all or nothing") {
  const std::vector<s3::new_file> files = {{"a", bytes("1")}, {"b", bytes("2")}};
  for (const s3_fault fault : {s3_fault::lost_request, s3_fault::lost_response})
    for (std::size_t cut = 0; cut < 8; ++cut) {
      faked_bucket at;
      file_set served(at.bucket, "s");
      at.way.faults = [&](std::size_t i, const ms::http_request&) {
        return i < cut ? s3_fault::none : i == cut ? fault : s3_fault::unreached;
      };
      const auto made = served.publish(files, 0);
      at.way.faults = nullptr;
      const auto now = served.load();
      REQUIRE(now);
      INFO(cut);
      CHECK((now->revision == 0 || now->files.size() == 2));
      for (const auto& each : now->files) CHECK(served.read(*now, each.path));
      if (made) CHECK(now->revision == 1);
    }
}

TEST_CASE("s3: a manifest that is none is an error") {
  faked_bucket at;
  file_set served(at.bucket, "s");
  for (const char* bad : {"", "{}", "[]", "{\"kind\":\"file set\"", "\xff", "null"}) {
    REQUIRE(at.bucket.put("s/manifest.json", bytes(bad)));
    CHECK_FALSE(served.load());
    CHECK_FALSE(served.publish({}, 0));
  }
  const std::vector<s3::new_file> files = {{"a", bytes("1")}};
  REQUIRE(at.bucket.remove("s/manifest.json"));
  auto made = served.publish(files, 0);
  REQUIRE(made);
  made->files[0].sha256 = "x";
  CHECK(served.read(*made, "a").error().code() == mr::errc::corrupt);
}
