// A program that keeps what it made in a SQLite file, and counts how often it ran.
#include <millrace/store/sqlite.hpp>

#include <cstdio>
#include <span>
#include <string>
#include <string_view>

namespace mr = millrace;
namespace ms = millrace::store;

// [counted]
/// Raises a number that threads and processes share: none of them reads what another is about to replace.
template <ms::transactional_storage Storage>
mr::result<int> next_number(Storage& storage, std::string_view key) {
  return storage.transact([&](typename Storage::transaction& t) -> mr::result<int> {
    int number = 1;
    if (const auto last = t.read(key)) {
      number = std::stoi(std::string(reinterpret_cast<const char*>(last->data()), last->size())) + 1;
    } else if (last.error().code() != mr::errc::not_found) {
      return last.error();
    }
    const std::string text = std::to_string(number);
    if (auto done = t.write(key, std::as_bytes(std::span(text))); !done) return done.error();
    return number;
  });
}
// [/counted]

int main(int, char** arguments) {
  auto storage = ms::sqlite_storage<>::open(std::string(arguments[0]) + ".db");
  if (!storage) return std::fprintf(stderr, "%s\n", storage.error().describe().c_str()), 1;
  const auto first = next_number(*storage, "runs");
  const auto second = next_number(*storage, "runs");
  return first && second && *second == *first + 1 ? 0 : 1;
}
