#include <millrace/connect/s3/api_error.hpp>

#include <support/catch.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace mr = millrace;
namespace s3 = millrace::connect::s3;
namespace ms = millrace::store;
using s3::detail::xml_document;

namespace {

/// What a document is refused for; empty: it is taken.
std::string fault_of(std::string_view text) {
  const auto made = xml_document::parse(text, "x");
  if (made) return "";
  CHECK(made.error().code() == mr::errc::corrupt);
  const std::string& said = made.error().message();
  return said.substr(said.find(": ") + 2);
}
std::string text_of(std::string_view text) {
  const auto made = xml_document::parse(text, "x");
  REQUIRE(made);
  return std::string(made->root().text());
}

}  // namespace

TEST_CASE("s3: an error is read from a body and from headers") {
  // Source: Amazon S3 API reference, "REST error responses".
  const auto made = s3::api_error::read(
      {404,
       {},
       "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>\n  <Code>NoSuchKey</Code>\n  <Message>The resource you "
       "requested does not exist</Message>\n  <Resource>/mybucket/myfoto.jpg</Resource> \n  "
       "<RequestId>4442587FB7D0A2F9</RequestId>\n</Error>"});
  CHECK(made.code == "NoSuchKey");
  CHECK(made.message == "The resource you requested does not exist");
  CHECK(made.region.empty());
  const auto bare = s3::api_error::read({403, {{"x-amz-bucket-region", "eu-west-1"}, {"Date", "now"}}, ""});
  CHECK(bare.code.empty());
  CHECK(bare.region == "eu-west-1");
  CHECK(bare.time == "now");
  for (const std::string body : {"<Error><Code>NoSuchKey", "<html><Code>a</Code></html>", "NoSuchKey", "{}"})
    CHECK(s3::api_error::read({404, {}, body}).code.empty());
  const auto large = s3::api_error::read({400, {}, "<Error><Code>" + std::string(5000, 'c') + "</Code></Error>"});
  CHECK(large.code.size() == 100);
}

TEST_CASE("s3: what is refused has a kind, and says what to do") {
  CHECK(s3::errc_of("NoSuchKey", 404) == mr::errc::not_found);
  CHECK(s3::errc_of("SlowDown", 503) == mr::errc::unavailable);
  CHECK(s3::errc_of("PreconditionFailed", 412) == mr::errc::conflict);
  CHECK(s3::errc_of("SignatureDoesNotMatch", 403) == mr::errc::permission_denied);
  CHECK(s3::errc_of("XAmzContentSHA256Mismatch", 400) == mr::errc::checksum_mismatch);
  CHECK(s3::errc_of("", 416) == mr::errc::out_of_range);
  CHECK(s3::errc_of("SomethingNew", 403) == mr::errc::permission_denied);
  CHECK(s3::errc_of("SomethingNew", 500) == mr::errc::io);
  CHECK(s3::detail::comes_again("SlowDown", 400));
  CHECK(s3::detail::comes_again("", 503));
  CHECK_FALSE(s3::detail::comes_again("NoSuchKey", 404));
  CHECK_FALSE(s3::detail::comes_again("NotImplemented", 501));

  const ms::http_request asked{.method = "PUT", .target = "/a%20b?partNumber=1"};
  const auto said = [&](const s3::api_error& failed, int status) {
    return s3::to_error(failed, asked, "models", status, 1'369'353'600'000'000'000U).message();
  };
  CHECK(said({"AccessDenied", "Access Denied", "", ""}, 403) ==
        "the bucket \"models\" refuses PUT /a%20b: AccessDenied: Access Denied (status 403)");
  CHECK(said({}, 403) == "the bucket \"models\" refuses PUT /a%20b (status 403)");
  CHECK(said({"PermanentRedirect", "", "eu-west-1", ""}, 301) ==
        "the bucket \"models\" refuses PUT /a%20b: PermanentRedirect (status 301); the bucket is in the region "
        "eu-west-1");
  CHECK(said({}, 307) ==
        "the bucket \"models\" refuses PUT /a%20b (status 307), which sends elsewhere: are region and endpoint the "
        "bucket's?");
  CHECK(said({"RequestTimeTooSkewed", "", "", "2013-05-24T01:00:00Z"}, 403) ==
        "the bucket \"models\" refuses PUT /a%20b: RequestTimeTooSkewed (status 403); the clock here is at "
        "2013-05-24T00:00:00Z, the server's at 2013-05-24T01:00:00Z: set the clock of this machine");
}

TEST_CASE("s3: the XML that servers send is read") {
  const auto made = xml_document::parse(
      "\xef\xbb\xbf<?xml version='1.0' encoding='utf-8'?><!-- a --><r:List xmlns='http://a/' b = "
      "\"&amp;>\">\r\n<K>1</K "
      "><K><!-- in it -->two<![CDATA[<&]]></K>\n<Empty/><E></E><D><K>deep</K></D> </r:List><!-- end -->\n",
      "x");
  REQUIRE(made);
  const auto root = made->root();
  CHECK(root.name() == "r:List");
  CHECK(root.text() == "");
  CHECK(root.text_of("K") == "1");
  CHECK(root.child("D").text_of("K") == "deep");
  CHECK(root.child("Empty"));
  CHECK_FALSE(root.child("Absent"));
  CHECK(root.child("Absent").child("K").text_of("K").empty());
  std::string all;
  REQUIRE(root.for_each("K", [&](xml_document::element each) -> mr::result<void> {
    all += each.text();
    all += ';';
    return {};
  }));
  CHECK(all == "1;two<&;");
  CHECK(text_of("<a>&lt;&gt;&amp;&quot;&apos;&#65;&#x42;&#xe9;&#x20AC;&#128512;</a>") ==
        "<>&\"'AB\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
  CHECK(text_of("<a>1\r\n2\r3\n&#13;</a>") == "1\n2\n3\n\r");
  std::string written;
  s3::detail::append_xml(written, "<\"&'\r\n>");
  CHECK(text_of("<a>" + written + "</a>") == "<\"&'\r\n>");
}

TEST_CASE("s3: XML that is none, that is hostile or that no server sends is refused") {
  const std::string good = "<?xml version=\"1.0\"?><a b='c'>t&amp;<!-- d --><![CDATA[e]]>&#x41;</a>";
  CHECK(fault_of(good).empty());
  for (std::size_t i = 0; i < good.size(); ++i) CHECK_FALSE(fault_of(std::string_view(good).substr(0, i)).empty());
  // A document that expands to much ("billion laughs"), and one that reads a file.
  CHECK(fault_of("<!DOCTYPE a [<!ENTITY x \"xx\"><!ENTITY y \"&x;&x;\">]><a>&y;</a>") == "an element has no name");
  CHECK(fault_of("<a><!DOCTYPE a SYSTEM \"file:///etc/passwd\"></a>") == "a document type is refused");
  CHECK(fault_of("<a>&x;</a>") == "an entity is unknown");
  CHECK(fault_of("<a><?php ?></a>") == "a processing instruction is refused");
  std::string deep;
  for (int i = 0; i < 16; ++i) deep += "<a>";
  std::string closed = deep;
  for (int i = 0; i < 16; ++i) closed += "</a>";
  CHECK(fault_of(closed).empty());
  CHECK(fault_of(deep + "<a/>") == "its elements are nested more than 16 deep");
  CHECK(fault_of(std::string(100'000, '<')) == "an element has no name");
  std::string many = "<a>";
  for (int i = 0; i < 100'000; ++i) many += "<b/>";
  CHECK(fault_of(many + "</a>") == "it has more than 100,000 elements");
  CHECK(fault_of(std::string((16U << 20U) + 1, ' ')) == "it has more than 16 MiB");
  CHECK(fault_of("<a></b>") == "an element ends that is not the last to have begun");
  CHECK(fault_of("<a/><b/>") == "something stands behind its end");
  CHECK(fault_of("<a>t<b/></a>") == "an element has both text and elements");
  CHECK(fault_of("<a><b/>t</a>") == "an element has both text and elements");
  CHECK(fault_of("<a b></a>") == "an attribute has no value");
  CHECK(fault_of("<a b='<'/>") == "an attribute's value has a `<`");
  CHECK(fault_of("<a>]]></a>") == "`]]>` stands in a text");
  CHECK(fault_of("<?xml version='1.0' encoding='UTF-16'?><a/>") == "it is not in UTF-8");
  for (const std::string& bad :
       {std::string("<a>\xff</a>"), std::string("<a>\0</a>", 8), std::string("<a>\x01</a>"), std::string("<a>&#0;</a>"),
        std::string("<a>&#xd800;</a>"), std::string("<a>&#xffffffffff;</a>"), std::string("<a>&#x110000;</a>"),
        std::string("<a>&#;</a>"), std::string("<a>&#x;</a>"), std::string("<a>&#1a;</a>"),
        std::string("<a>\xef\xbf\xbf</a>"), std::string(), std::string("< a/>"), std::string("<1/>"),
        std::string("text"), std::string("<a/>text")})
    CHECK_FALSE(fault_of(bad).empty());
}
