// Any bytes either fail to parse with an error that names a line, or give cells that, written in quotes, read back the
// same.
#include "../../examples/common/csv.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

using rows = std::vector<std::vector<std::string>>;

bool parse(std::string text, rows& out) {
  csv::reader reader(std::move(text));
  std::vector<std::string_view> row;
  std::size_t last_line = 0;
  for (;;) {
    const auto more = reader.next(row);
    if (!more) {
      if (!more.error().message().starts_with("line ")) std::abort();
      return false;
    }
    if (!*more) return true;
    if (reader.line() <= last_line) std::abort();
    last_line = reader.line();
    out.emplace_back(row.begin(), row.end());
  }
}

std::string write(const rows& all) {
  std::string text;
  for (const auto& row : all) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      text += i == 0 ? "\"" : ",\"";
      for (const char c : row[i]) text += c == '"' ? std::string("\"\"") : std::string(1, c);
      text += '"';
    }
    text += "\r\n";
  }
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  rows first;
  if (!parse(std::string(reinterpret_cast<const char*>(data), size), first)) return 0;
  rows again;
  if (!parse(write(first), again) || again != first) std::abort();
  return 0;
}
