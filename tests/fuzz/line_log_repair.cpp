// Whatever bytes a file ends in, repairing its tail keeps a prefix that ends in a valid line, moves
// the rest aside whole, or refuses and changes nothing.

#include <millrace/core/json_check.hpp>
#include <millrace/store/detail/torn_tail.hpp>
#include <millrace/store/file_system.hpp>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

namespace mr = millrace;

namespace {

struct memory_file_system {
  std::string* bytes;
  std::string* torn;

  int open(const char*, int, unsigned) noexcept { return 2; }
  int close(int) noexcept { return 0; }
  std::ptrdiff_t write(int, const void* from, std::size_t size) noexcept {
    const std::size_t part = size > 3 ? size / 2 : size;  // short writes
    torn->append(static_cast<const char*>(from), part);
    return static_cast<std::ptrdiff_t>(part);
  }
  std::ptrdiff_t read_at(int, void* to, std::size_t size, std::uint64_t offset) noexcept {
    if (offset >= bytes->size()) return 0;
    const std::size_t part = (std::min)({size, bytes->size() - static_cast<std::size_t>(offset), std::size_t{4096}});
    std::memcpy(to, bytes->data() + offset, part);
    return static_cast<std::ptrdiff_t>(part);
  }
  int truncate(int, std::uint64_t size) noexcept {
    bytes->resize(static_cast<std::size_t>(size));
    return 0;
  }
  int sync_data(int) noexcept { return 0; }
  int sync_directory_of(const char*) noexcept { return 0; }
  int lock(int) noexcept { return 0; }
  std::int64_t regular_size(int) noexcept { return static_cast<std::int64_t>(bytes->size()); }
};

struct object_lines {
  static bool is_line(std::string_view text) noexcept { return mr::is_json_object(text); }
  static bool may_begin(std::string_view text) noexcept { return text.front() == '{'; }
};

void require(bool holds) {
  if (!holds) std::abort();
}

void try_bytes(const std::string& before) {
  std::string bytes = before;
  std::string torn;
  memory_file_system fs{&bytes, &torn};
  const auto repair = mr::store::detail::repair_tail<object_lines>(fs, 1, "fuzz");
  if (!repair) {
    require(bytes == before && torn.empty());
    return;
  }
  require(bytes.size() == repair->offset && before.size() == repair->offset + repair->removed_bytes);
  require(before.compare(0, bytes.size(), bytes) == 0);
  require(torn == (repair->removed_bytes == 0 ? "" : before.substr(bytes.size()) + "\n"));
  if (!bytes.empty()) {
    require(bytes.back() == '\n');
    const std::size_t begin = bytes.size() < 2 ? std::string::npos : bytes.rfind('\n', bytes.size() - 2);
    const std::size_t first = begin == std::string::npos ? 0 : begin + 1;
    require(object_lines::is_line(std::string_view(bytes).substr(first, bytes.size() - 1 - first)));
  }
  const std::string once = bytes;
  const auto again = mr::store::detail::repair_tail<object_lines>(fs, 1, "fuzz");
  require(again && !*again && bytes == once);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  try_bytes(text);
  // Behind a real line, so that most inputs are repaired and not refused; and past the first window.
  try_bytes("{\"type\":\"session_start\"}\n" + text);
  if (size > 0) try_bytes("{}\n" + std::string(70'000, text[0]) + text);
  return 0;
}
