// Whatever bytes a line of a log of predictions or outcomes has, reading it neither fails nor reads beyond it, and only
// one that ends in its checksum is sound.

#include <millrace/deliver/outcomes/detail/kept_lines.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace md = millrace::deliver::detail;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);  // on the heap, so that its end is guarded
  const std::string_view line(bytes);
  static md::kept_prediction made;
  md::kept_outcome known;
  (void)md::read_prediction(line, made);
  (void)md::read_outcome(line, known);
  (void)md::read_dropped(line);
  const std::string_view id = md::spelled_id(line);
  if (!id.empty() && (id.data() < line.data() || id.data() + id.size() > line.data() + line.size())) std::abort();
  const bool sound = md::is_sound_line(line);
  std::string again(line);
  md::end_line(again, 0);
  again.pop_back();
  if (!md::is_sound_line(again)) std::abort();
  if (sound && !again.empty()) {
    again.assign(line);
    again[again.size() / 2] = static_cast<char>(again[again.size() / 2] ^ 1);
    if (md::is_sound_line(again)) std::abort();
  }
  return 0;
}
