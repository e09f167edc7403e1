// Any bytes as saved messages, as values behind their lengths, and as what stands in a storage that a local queue, a
// reader that uses each message once, and one of dead letters have: what loads is saved as the same bytes, and no fault
// gets further than an error.
#include <millrace/store/memory_storage.hpp>
#include <millrace/store/messages.hpp>

#include <support/envelope.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mr = millrace;
namespace ms = millrace::store;

namespace {

void read_saved(std::span<const std::byte> bytes) {
  const auto loaded = ms::load_messages(bytes);
  if (loaded) {
    const auto again = ms::save_messages(*loaded);
    if (again.size() != bytes.size() || !std::equal(again.begin(), again.end(), bytes.begin())) std::abort();
  }
  const auto offset = ms::detail::kept_offset::load(bytes);
  if (offset && (offset->next < 0 || offset->transactions == 0)) std::abort();
}

void read_values(std::string_view bytes) {
  using codec = ms::length_prefixed<ms::raw_bytes>;
  const auto read = codec::decode<std::vector<std::string>>(bytes);
  if (read && *codec::encode(*read) != bytes) std::abort();
}

/// Objects of a storage: `bytes` is a list of keys by their number, and of contents behind their length.
void read_storage(std::string_view bytes) {
  constexpr const char* keys[] = {"queues/local/messages/t/0000000000000000/0000000000000000",
                                  "queues/local/messages/t/0000000000000000/0000000000000001",
                                  "queues/local/messages/t/0000000000000001/0000000000000000",
                                  "queues/local/groups/g/t/0000000000000000",
                                  "queues/local/groups/g/t/0000000000000001",
                                  "consumed/g/t/0000000000000000/offset",
                                  "dead_letters/g/t/0000000000000000/0000000000000000"};
  ms::memory_storage storage;
  while (bytes.size() >= 2) {
    const auto which = static_cast<unsigned char>(bytes[0]) % std::size(keys);
    const std::size_t size = std::min<std::size_t>(static_cast<unsigned char>(bytes[1]), bytes.size() - 2);
    const auto content = std::as_bytes(std::span(bytes.data() + 2, size));
    std::vector<std::byte> sealed(content.begin(), content.end());
    support::reseal(sealed);
    if (!storage.write(keys[which], which == 3 || which == 4 ? content : std::span<const std::byte>(sealed)))
      std::abort();
    bytes.remove_prefix(2 + size);
  }
  (void)ms::for_each_dead_letter(storage, "g", [](const std::string&, const ms::dead_letter&) {});
  using journal = ms::kept_in_storage<ms::memory_storage>;
  using queue_type = ms::local_queue<ms::block, journal>;
  auto queue = queue_type::open({.partitions = 2}, journal(storage));
  if (!queue) return;
  std::int64_t next = ms::no_offset;
  if (!queue->send({.topic = "t", .value = "v", .partition = 0},
                   [&](const mr::result<ms::message_position>& at) noexcept { next = at ? at->offset : -1; }))
    std::abort();
  auto reader = queue->subscribe("g", "t");
  using once_type = ms::exactly_once<ms::no_state, queue_type::consumer, ms::memory_storage, ms::skip_dead_letters>;
  auto once = once_type::open(*reader, storage, {.group = "g"});
  bool is_seen = false;
  const auto use = [&](ms::no_state&, const ms::message& one) -> mr::result<void> {
    is_seen = is_seen || (one.partition == 0 && one.offset == next);
    return {};
  };
  for (int i = 0; i < 3; ++i)
    if (!once->run(use, mr::duration(0))) return;
  if (next >= 0 && !is_seen && once->counts().duplicates == 0) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  support::as_they_are_and_resealed(data, size, [](std::span<const std::byte> bytes) { read_saved(bytes); });
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  read_values(text);
  read_storage(text);
  return 0;
}
