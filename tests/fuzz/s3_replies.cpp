// What an S3 replies, and addresses: no bytes break the reading, what is read is in the order and form that is
// promised, and no error quotes an endpoint.
#include <millrace/connect/s3/address.hpp>
#include <millrace/connect/s3/api_error.hpp>
#include <millrace/connect/s3/object.hpp>
#include <millrace/connect/s3/signature.hpp>
#include <millrace/connect/s3/upload.hpp>
#include <millrace/store/document.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace s3 = millrace::connect::s3;
namespace ms = millrace::store;
using s3::detail::xml_document;

namespace {

void expect(bool holds) {
  if (!holds) std::abort();
}

/// Its texts and elements as XML of our own, which is read as the same again.
void write(xml_document::element of, const std::string& name, std::string& out) {
  out += '<' + name + '>';
  s3::detail::append_xml(out, of.text());
  out += "</" + name + '>';
}

void read_xml(const std::string& text) {
  const auto made = xml_document::parse(text, "x");
  if (!made) return;
  const auto root = made->root();
  expect(static_cast<bool>(root) && !root.name().empty());
  std::string again;
  write(root, std::string(root.name()), again);
  const auto back = xml_document::parse(again, "x");
  expect(back && back->root().text() == root.text() && back->root().name() == root.name());
  for (const char* name : {"Code", "Contents", "Key", "a"}) {
    std::size_t seen = 0;
    expect(root.for_each(name,
                         [&](xml_document::element) -> millrace::result<void> {
                           ++seen;
                           return {};
                         })
               .has_value());
    expect((seen != 0) == static_cast<bool>(root.child(name)));
    expect(seen <= xml_document::max_elements);
  }
}

void read_pages(const std::string& text) {
  for (const s3::dialect spoken : {s3::dialect::s3, s3::dialect::google}) {
    const auto page = s3::detail::read_list(text, {.prefix = "a"}, spoken);
    if (!page) continue;
    for (std::size_t i = 0; i < page->objects.size(); ++i) {
      expect(page->objects[i].key.starts_with('a'));
      expect(i == 0 || page->objects[i - 1].key < page->objects[i].key);
    }
  }
  const auto failed = s3::api_error::read({400, {}, text});
  expect(failed.code.size() <= 100 && failed.message.size() <= 1000);
  expect(!s3::to_error(failed, {}, "models", 400, 0).message().empty());
}

void read_address(const std::string& text) {
  const auto bucket = s3::address::make(text);
  if (bucket) expect(bucket->server().starts_with("https://") && bucket->bucket() == text);
  for (const bool plain : {false, true}) {
    const auto in_path = [&](const std::string& endpoint) {
      return s3::address::make("models", {.endpoint = endpoint, .style = s3::addressing::path, .allows_plain = plain});
    };
    const auto made = in_path(text);
    if (!made) continue;
    for (const char c : made->server() + made->path_of(text)) expect(c > ' ' && c < 0x7f);
    expect(text.empty() || in_path(made->server())->server() == made->server());
  }
  const auto secret = s3::address::make("models", {.endpoint = "https://u:canary@" + text});
  expect(!secret && secret.error().describe().find("canary") == std::string::npos);
  if (s3::check_object_key(text)) {
    const auto target = ms::http_target::parse(s3::address::make("models")->path_of(text));
    expect(target && target->path == '/' + text);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  read_xml(text);
  read_pages(text);
  read_address(text);
  const std::string query = s3::detail::canonical_query(text);
  expect(s3::detail::canonical_query(query) == query);
  const std::string value = s3::detail::canonical_value(text);
  expect(s3::detail::canonical_value(value) == value);
  if (const auto ticket = ms::read_document<s3::upload_ticket>(text, "ticket"))
    expect(ms::read_document<s3::upload_ticket>(ms::write_document(*ticket), "ticket").has_value());
  return 0;
}
