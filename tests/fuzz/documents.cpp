// Any bytes as what stands in a folder of documents: a journal, whose records are read as they were written or not at
// all; an index; a document, whose members become columns whatever they are; and keys and paths, which lead to each
// other and back.
#include <millrace/store/documents.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

namespace ms = millrace::store;
namespace md = millrace::store::detail;

namespace {

void read_journal(std::span<const std::byte> bytes) {
  (void)md::read_journal_head(bytes, "journal");
  for (std::size_t at = 0;;) {
    md::journal_record again;
    const std::size_t size =
        md::read_journal_record(bytes.subspan(at), [&](const md::journal_change& one) { again.put(one); });
    if (size == 0) break;
    const auto made = again.finish();
    if (made.size() != size || __builtin_memcmp(made.data(), bytes.data() + at, size) != 0) std::abort();
    at += size;
  }
  // A checksum is soon wrong: the changes alone, behind one that is right.
  md::flat_vector<std::byte> body;
  md::put_little(body, static_cast<std::uint32_t>(bytes.size()));
  body.append(bytes);
  md::flat_vector<std::byte> whole;
  md::put_little(whole, md::crc32c(body.data(), body.size()));
  whole.append({body.data(), body.size()});
  (void)md::read_journal_record({whole.data(), whole.size()}, [](const md::journal_change& one) {
    if (!ms::check_storage_key(one.key)) std::abort();
  });
}

void index_document(std::span<const std::byte> bytes) {
  const auto one = md::object_tree::make("a.json", bytes, 1);
  const md::object_tree::object* const objects[] = {one.held->object};
  const auto made = md::write_document_index(objects);
  if (!made) std::abort();
  const auto rows = md::read_document_index(*made);
  if (!rows || rows->size() != 1 || (*rows)[0].key != "a.json" || (*rows)[0].size != bytes.size()) std::abort();
}

void follow_paths(std::string_view text) {
  constexpr ms::path_rule rules[] = {{"r/#/m", "r/#.json"}, {"r/#/v/#", "v/#/v#.json"}, {"a/*/**", "a/*/**.json"}};
  for (const bool ruled : {false, true}) {
    const md::document_paths paths(ruled ? std::span<const ms::path_rule>(rules) : std::span<const ms::path_rule>());
    if (ms::check_storage_key(text)) {
      const std::string path = paths.path_of(text);
      if (!path.empty() && (paths.key_of(path) != text || !ms::check_storage_key(text))) std::abort();
    }
    if (const std::string key = paths.key_of(text); !key.empty() && paths.path_of(key) != text) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto bytes = std::as_bytes(std::span(data + 1, size - 1));
  switch (data[0] % 4) {
    case 0: read_journal(bytes); break;
    case 1: (void)md::read_document_index(bytes); break;
    case 2: index_document(bytes); break;
    default: follow_paths({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
  return 0;
}
