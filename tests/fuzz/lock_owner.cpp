// Any text is read as the record of a lock's owner, or is an error; what is read can be shown in one line, and is read
// back the same.
#include <millrace/resilience/locks/lock_owner.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

namespace res = millrace::resilience;

void use(std::string_view text) {
  const auto owner = res::read_lock_owner(text);
  if (!owner) {
    if (owner.error().message().empty()) std::abort();
    return;
  }
  if (owner->pid <= 0) std::abort();
  for (const char c : res::describe(*owner))
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) std::abort();
  const auto again = res::read_lock_owner(res::to_text(*owner));
  if (!again || !(*again == *owner)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  use(bytes);
  // A right one with some bytes put in the place of others.
  std::string text = res::to_text({4711, "build-7", "2025-01-21T14:30:22.123456Z", "nightly training"});
  if (size > 0) text.replace(data[0] % text.size(), size / 2, bytes.substr(1));
  use(text);
  return 0;
}
