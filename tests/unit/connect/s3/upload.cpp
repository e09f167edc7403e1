#include <millrace/connect/s3/upload.hpp>

#include <millrace/store/document.hpp>

#include <support/catch.hpp>
#include <support/golden.hpp>
#include <support/s3_fake.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace s3 = millrace::connect::s3;
namespace ms = millrace::store;
using support::faked_bucket;
using support::s3_fault;
using upload = s3::upload<faked_bucket::bucket_type>;

namespace {

std::span<const std::byte> bytes(std::string_view text) { return std::as_bytes(std::span(text.data(), text.size())); }
std::string text(std::span<const std::byte> of) { return {reinterpret_cast<const char*>(of.data()), of.size()}; }

/// Two parts: one as small as it may be, and a rest.
const std::string& large() {
  static const std::string made = [] {
    std::string text;
    for (std::size_t i = 0; text.size() < s3::min_part + 10; ++i) text += "row " + std::to_string(i) + '\n';
    text.resize(s3::min_part + 10);
    return text;
  }();
  return made;
}
std::span<const std::byte> part(std::size_t number) {
  return number == 1 ? bytes(large()).first(s3::min_part) : bytes(large()).subspan(s3::min_part);
}

}  // namespace

TEST_CASE("s3: an object is written part by part, in any order") {
  for (const s3::address_options& where :
       {s3::address_options{}, s3::address_options{.region = "auto", .spoken = s3::dialect::google}}) {
    faked_bucket at(where);
    auto up = upload::begin(at.bucket, "a b+c", {.type = "text/plain"});
    REQUIRE(up);
    CHECK(up->send(0, {}).error().code() == mr::errc::out_of_range);
    CHECK(up->send(10'001, {}).error().code() == mr::errc::out_of_range);
    CHECK(up->complete().error().message() == "the upload of \"a b+c\" has no part");
    REQUIRE(up->send(2, part(2)));
    REQUIRE(up->send(1, bytes("another first part")));
    CHECK(up->complete().error().message() ==
          "the upload of \"a b+c\": its part 1 is not the last and has less than 5 MiB");
    REQUIRE(up->send(1, part(1)));
    CHECK(at.bucket.head("a b+c").error().code() == mr::errc::not_found);
    REQUIRE(up->parts().size() == 2);
    CHECK(up->parts()[0].number == 1);
    CHECK(up->parts()[0].size == s3::min_part);
    const auto there = up->complete();
    REQUIRE(there);
    CHECK(there->size == large().size());
    CHECK(at.fake.objects["a b+c"].bytes == large());
    CHECK(at.fake.uploads.empty());
    CHECK(up->send(3, {}).error().code() == mr::errc::not_found);
    CHECK(up->abort());
  }
}

TEST_CASE("s3: an upload that is given up leaves nothing, and one that was left is found") {
  faked_bucket at;
  auto up = upload::begin(at.bucket, "a");
  REQUIRE(up);
  REQUIRE(up->send(1, bytes("x")));
  auto again = upload::resume(at.bucket, "a", up->id());
  REQUIRE(again);
  CHECK(again->parts().size() == 1);
  CHECK(again->key() == "a");
  REQUIRE(again->abort());
  CHECK(at.fake.uploads.empty());
  CHECK(up->send(2, bytes("y")).error().code() == mr::errc::not_found);
  CHECK(up->complete().error().code() == mr::errc::not_found);
  CHECK(upload::resume(at.bucket, "a", up->id()).error().code() == mr::errc::not_found);
  CHECK(upload::begin(at.bucket, "..").error().code() == mr::errc::invalid_argument);

  for (const char* key : {"old/1", "old/2", "new", "other"}) REQUIRE(upload::begin(at.bucket, key));
  for (auto& [id, of] : at.fake.uploads) of.time = of.key.starts_with("old") ? "2026-11-29T23:59:59.000Z" : of.time;
  const auto gone = s3::abort_uploads(at.bucket, "", mr::seconds(86'400.0));
  REQUIRE(gone);
  CHECK(*gone == 2);
  CHECK(at.fake.uploads.size() == 2);
  CHECK(*s3::abort_uploads(at.bucket, "oth", mr::duration(-1)) == 0);  // begun in this moment
}

TEST_CASE("s3: a list of many parts is read to its end") {
  faked_bucket at;
  at.fake.page = 2;
  auto up = upload::begin(at.bucket, "a");
  REQUIRE(up);
  for (std::uint32_t i = 1; i <= 5; ++i) REQUIRE(up->send(i * 7, bytes(std::string(i, 'x'))));
  const auto again = upload::resume(at.bucket, "a", up->id());
  REQUIRE(again);
  REQUIRE(again->parts().size() == 5);
  CHECK(again->parts()[4].number == 35);
  CHECK(again->parts()[4].size == 5);
  // Lists that are none, or go on for ever.
  for (const char* inside : {"<Part><PartNumber>0</PartNumber><Size>1</Size><ETag>e</ETag></Part>",
                             "<Part><PartNumber>1</PartNumber><Size>x</Size><ETag>e</ETag></Part>",
                             "<Part><PartNumber>1</PartNumber><Size>1</Size></Part>", "<IsTruncated>true</IsTruncated>",
                             "<Part><PartNumber>10001</PartNumber><Size>1</Size><ETag>e</ETag></Part>",
                             "<IsTruncated>true</IsTruncated><NextPartNumberMarker>1</NextPartNumberMarker>"}) {
    at.way.changes = [&](ms::http_response& made) {
      made = {200, {}, "<ListPartsResult>" + std::string(inside) + "</ListPartsResult>"};
    };
    CHECK(upload::resume(at.bucket, "a", up->id()).error().code() == mr::errc::corrupt);
  }
}

TEST_CASE("s3: the end of an upload may be asked for again") {
  using enum s3_fault;
  for (const s3_fault fault : {late_error, fails, fails_late, lost_request, lost_response, busy}) {
    faked_bucket at;
    auto up = upload::begin(at.bucket, "a");
    REQUIRE(up);
    REQUIRE(up->send(1, bytes("x")));
    at.meets({fault});
    const auto there = up->complete();
    INFO(static_cast<int>(fault));
    REQUIRE(there);
    CHECK(at.fake.objects["a"].bytes == "x");
  }
  // A 200 that says of itself that it failed, each time.
  faked_bucket at;
  auto up = upload::begin(at.bucket, "a");
  REQUIRE(up);
  REQUIRE(up->send(1, bytes("x")));
  at.meets({late_error, late_error, late_error, late_error});
  CHECK(up->complete().error().describe().find("InternalError") != std::string::npos);
  REQUIRE(up->complete());
  // Somebody has completed it, and somebody has written another object since.
  REQUIRE(at.bucket.put("a", bytes("theirs")));
  CHECK(up->complete().error().code() == mr::errc::not_found);
}

TEST_CASE("s3: an upload that was cut at any request goes on from its ticket, and sends no part twice") {
  // begin, list of parts, part 1, part 2, completion, head
  for (const auto& [cut, fault] : {std::pair<std::size_t, s3_fault>{0, s3_fault::lost_response},
                                   {1, s3_fault::lost_request},
                                   {2, s3_fault::lost_request},
                                   {2, s3_fault::lost_response},
                                   {3, s3_fault::lost_response},
                                   {4, s3_fault::lost_response},
                                   {5, s3_fault::lost_request}}) {
    faked_bucket at;
    std::size_t done = 0;
    bool is_cut = false;
    at.way.faults = [&, where = cut, how = fault](std::size_t, const ms::http_request&) {
      if (is_cut) return s3_fault::unreached;
      if (done++ != where) return s3_fault::none;
      is_cut = true;
      return how;
    };
    const auto ticket = s3::begin_upload(at.bucket, "rows", bytes(large()), s3::min_part, "text/plain");
    if (cut == 0) {
      CHECK_FALSE(ticket);
      CHECK(at.fake.objects.empty());
      continue;
    }
    REQUIRE(ticket);
    const auto kept = ms::read_document<s3::upload_ticket>(ms::write_document(*ticket), "ticket");
    REQUIRE(kept);
    CHECK_FALSE(s3::finish_upload(at.bucket, *kept, bytes(large())));
    at.way.faults = nullptr;  // another process
    const std::size_t before = at.fake.count("PUT");
    const auto there = s3::finish_upload(at.bucket, *kept, bytes(large()));
    INFO(cut);
    REQUIRE(there);
    CHECK(there->size == large().size());
    CHECK(there->sha256 == kept->sha256);
    CHECK(at.fake.count("PUT") - before <= (cut == 1 ? 2U : cut == 2 ? 2U : cut == 3 ? 1U : 0U));
    CHECK(at.fake.uploads.empty());
    CHECK(text(at.bucket.get("rows")->bytes) == large());
    // Once more: it is done already.
    CHECK(s3::finish_upload(at.bucket, *kept, bytes(large())));
  }
}

TEST_CASE("s3: a ticket is of the bytes with which it was begun") {
  faked_bucket at;
  const auto ticket = s3::begin_upload(at.bucket, "a", bytes("some bytes"));
  REQUIRE(ticket);
  CHECK(s3::finish_upload(at.bucket, *ticket, bytes("other bits")).error().message() ==
        "the upload of \"a\" was begun with other bytes");
  auto wrong = *ticket;
  wrong.part = 1;
  CHECK(s3::finish_upload(at.bucket, wrong, bytes("some bytes")).error().code() == mr::errc::invalid_argument);
  // A part that is none of these bytes, from somebody who has the identifier.
  auto other = upload::resume(at.bucket, "a", ticket->id);
  REQUIRE(other->send(9, bytes("x")));
  CHECK(s3::finish_upload(at.bucket, *ticket, bytes("some bytes")).error().code() == mr::errc::conflict);
  REQUIRE(other->abort());
  CHECK(s3::finish_upload(at.bucket, *ticket, bytes("some bytes")).error().code() == mr::errc::not_found);
  const auto none = s3::begin_upload(at.bucket, "empty", {});
  REQUIRE(none);
  CHECK(s3::finish_upload(at.bucket, *none, {})->size == 0);
}

TEST_CASE("s3: the ticket of an upload is kept in these bytes") {
  const s3::upload_ticket made{.key = "churn/rows.parquet",
                               .id = "VXBsb2FkIElE+/=",
                               .sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
                               .size = 20'000'000,
                               .part = 16'777'216};
  const std::string golden = text(support::golden("connect/s3_upload.json"));
  CHECK(ms::write_document(made) == golden);
  const auto back = ms::read_document<s3::upload_ticket>(golden, "ticket");
  REQUIRE(back);
  CHECK(ms::write_document(*back) == golden);
  for (std::size_t i = 0; i + 1 < golden.size(); ++i)
    CHECK_FALSE(ms::read_document<s3::upload_ticket>(golden.substr(0, i), "ticket"));
}
