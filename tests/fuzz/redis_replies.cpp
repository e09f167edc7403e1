// What a server of Redis sends, cut anywhere, and addresses: no bytes break the reading, what is read is within its
// limits, replies are the same wherever they are cut, and no error quotes an address.
#include <millrace/connect/redis/address.hpp>
#include <millrace/connect/redis/detail/reply_reader.hpp>
#include <millrace/connect/redis/slots.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace redis = millrace::connect::redis;

namespace {

constexpr redis::reply_limits limits{.bytes = 4096, .elements = 256, .depth = 5};

void expect(bool holds) {
  if (!holds) std::abort();
}

struct totals {
  std::size_t bytes = 0;
  std::size_t elements = 0;
};
void sum_up(const redis::reply& one, std::size_t depth, totals& all, std::string& text) {
  expect(depth <= limits.depth);
  all.bytes += one.text.size();
  all.elements += one.elements.size();
  text += std::string(redis::to_string(one.kind)) + std::to_string(one.integer) + "," + one.text + "(";
  for (const redis::reply& each : one.elements) sum_up(each, depth + 1, all, text);
  text += ")";
  (void)redis::parse_redirect(one.text);
}

/// All whole replies, as text.
std::vector<std::string> read_all(std::string_view bytes, std::size_t step) {
  redis::detail::reply_reader reader(limits);
  std::vector<std::string> made;
  while (!bytes.empty()) {
    const std::string_view part = bytes.substr(0, step);
    bytes.remove_prefix(part.size());
    if (!reader.update(part.data(), part.size())) return made;
    for (;;) {
      redis::reply next;
      const auto has_come = reader.next(next);
      if (!has_come) return made;
      if (!*has_come) break;
      totals all;
      std::string text;
      sum_up(next, 0, all, text);
      expect(all.bytes <= limits.bytes && all.elements <= limits.elements);
      made.push_back(std::move(text));
    }
  }
  return made;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto cut = read_all(text, 1 + data[0] % 32);
  const auto whole = read_all(text, 1);
  // Where what is waiting is too large the cut decides when that is seen; until then both are the same.
  for (std::size_t i = 0; i < cut.size() && i < whole.size(); ++i) expect(cut[i] == whole[i]);

  const auto made = redis::parse_address(text);
  if (made) expect(!redis::to_string(made->at).empty());
  const auto with_secret = redis::parse_address("redis://canary-u:canary-p" + std::string(text));
  if (!with_secret) expect(with_secret.error().describe().find("canary") == std::string::npos);
  return 0;
}
