// Any bytes are a segment that has a fault, or one of records that are as they were committed to. The checker, the
// reader and the writer's recovery of any bytes neither crash nor hang; what the checker finds sound, the reader can
// read.
#include <millrace/observe/audit/detail/trail_check.hpp>
#include <millrace/observe/audit/read_trail.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>
#include <vector>

namespace {

namespace mr = millrace;
namespace mod = millrace::observe::detail;

/// Mends what a fuzzer cannot guess: the header's hash, each record's index, leaf hash and commitments, each commit's
/// tree, predecessor and check. So it gets further: to segments that are sound but for what they say.
void mend(std::vector<std::byte>& bytes) {
  if (bytes.size() < mod::trail_header_bytes) return;
  const auto put = [&](std::size_t at, const auto& value) { std::memcpy(&bytes[at], &value, sizeof value); };
  put(mod::trail_header_bytes - 32, mr::sha256_of(std::span(bytes).first(mod::trail_header_bytes - 32)));
  mod::segment_header header;
  static_cast<void>(mod::read_header(bytes, header));
  mr::store::merkle_tree tree = header.tree;
  mr::sha256_digest previous = mod::header_check(bytes);
  for (std::size_t at = mod::trail_header_bytes; at + 8 <= bytes.size();) {
    const auto frame = mod::find_frame(bytes, at);
    if (frame.kind == mod::frame_kind::record && frame.bytes.size() >= mod::record_prefix + mod::leaf_prefix) {
      const auto size = mod::load_number<std::uint32_t>(&bytes[at + 8]);
      if (size >= mod::leaf_prefix && size <= frame.bytes.size() - mod::record_prefix) {
        const auto leaf = std::span(bytes).subspan(at + mod::record_prefix, size);
        put(at + mod::record_prefix + 8, tree.size());
        mod::record_view record;
        if (mod::read_record(frame.bytes, record) == nullptr)
          for (std::size_t i = 0; i < record.values; ++i) {
            const mod::value_view& value = record.value[i];
            if (value.pii == mr::observe::pii_type::none || value.erased) continue;
            const auto was = std::as_bytes(std::span(&value.commitment, 1));
            const auto place = std::search(leaf.begin(), leaf.end(), was.begin(), was.end());
            const mr::sha256_digest commitment = mr::sha256_of(value.opening);
            if (place != leaf.end()) std::memcpy(&*place, &commitment, sizeof commitment);
          }
        const mr::sha256_digest hash = mr::sha256_of(leaf);
        put(at + 16, hash);
        tree.append(std::span(&hash, 1));
      }
    } else if (frame.kind == mod::frame_kind::commit && frame.bytes.size() >= mod::commit_prefix) {
      put(at + 8, tree.size());
      put(at + 32, tree.root().hash);
      put(at + 64, previous);
      previous = mod::check_of_commit(frame.bytes);
      put(at + 96, previous);
    } else {
      return;
    }
    at += frame.bytes.size();
  }
}

void use(const std::vector<std::byte>& bytes) {
  mod::trail_file file;
  if (!mod::read_name("2026-11-30-000000000000.audit", file)) std::abort();
  file.path = "fuzz";
  mod::trail_check check;
  check.trust_next_header();
  const bool sound =
      check.take_segment(bytes, file, 0, true, false, [](const auto&) -> mr::result<void> { return {}; });
  std::uint64_t count = 0;
  const auto read = mod::each_record(std::span<const std::byte>(bytes), "fuzz", true,
                                     [&](const mod::record_view& record, std::size_t) -> mr::result<bool> {
                                       mr::observe::audit_entry entry;
                                       mod::copy_record(record, entry);
                                       ++count;
                                       return true;
                                     });
  if (sound && (!read || count != check.tree.size())) std::abort();
  if (!sound && check.fault.index > check.tree.size()) std::abort();
  mod::pruned_segment pruned;
  if (mod::read_hashes(bytes, pruned) == nullptr && pruned.size() > bytes.size()) std::abort();
}

/// A header, to which the fuzzer's bytes are frames.
std::vector<std::byte> with_header(const std::uint8_t* data, std::size_t size) {
  std::vector<std::byte> bytes(mod::trail_header_bytes);
  mod::segment_header header;
  header.day = 20'787;  // 2026-11-30
  mod::put_header(bytes.data(), header);
  const auto* const from = reinterpret_cast<const std::byte*>(data);
  bytes.insert(bytes.end(), from, from + size);
  return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto* const from = reinterpret_cast<const std::byte*>(data);
  std::vector<std::byte> bytes(from, from + size);
  use(bytes);
  mend(bytes);
  use(bytes);
  bytes = with_header(data, size);
  use(bytes);
  mend(bytes);
  use(bytes);
  return 0;
}
