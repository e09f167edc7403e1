#ifndef MILLRACE_TESTS_SUPPORT_SKETCHES_HPP
#define MILLRACE_TESTS_SUPPORT_SKETCHES_HPP

// What the tests of several sketches ask alike.

#include <millrace/aggregate/concepts.hpp>
#include <millrace/core/error.hpp>

#include <support/catch.hpp>
#include <support/sketch_images.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace support {

inline const std::string golden_sketches = MILLRACE_GOLDEN_DIR "/sketches";

/// The bytes that DataSketches wrote after some updates.
inline std::vector<std::byte> golden_sketch(const std::string& name) {
  return read_bytes(golden_sketches + "/" + name + ".bin");
}

/// The images of one kind that DataSketches wrote load as S, which answers as it did. Returns how much was asked.
template <class S, class Ask>
std::size_t check_golden_sketches(const std::string& kind, Ask&& ask) {
  std::size_t asked = 0;
  for (const std::string& wrong : check_images<S>(golden_sketches, kind, ask, asked)) FAIL_CHECK(wrong);
  return asked;
}

/// What S says of bytes one of which is another: the error's code, or none where they load.
template <class S>
millrace::errc code_of_changed(std::vector<std::byte> bytes, std::size_t at, int value) {
  bytes[at] = static_cast<std::byte>(value);
  const auto loaded = S::load(bytes);
  return loaded ? millrace::errc{} : loaded.error().code();
}

/// FNV-1a of bytes that are too many to keep.
inline std::uint64_t digest_of(const std::vector<std::byte>& bytes) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const std::byte b : bytes) hash = (hash ^ std::to_integer<std::uint64_t>(b)) * 0x100000001b3U;
  return hash;
}

/// A sketch of items of any type takes many side by side as it takes each; what is no item is refused at compile time.
template <class S>
void check_items_side_by_side() {
  S all, singles;
  const std::vector<int> numbers{1, 2, 3, 2};
  const std::vector<std::string> texts{"a", "", "b"};
  all.update(numbers);
  all.update(texts);
  all.update(std::vector<int>{7});
  std::vector<float> changing{1.5F};
  all.update(std::span<float>(changing));
  for (const int x : numbers) singles.update(x);
  for (const std::string& x : texts) singles.update(x);
  singles.update(7);
  singles.update(1.5F);
  CHECK(all.save() == singles.save());
  struct user {
    int id;
  };
  STATIC_REQUIRE(millrace::aggregator_of<S, int>);
  STATIC_REQUIRE(!millrace::aggregator_of<S, user>);
  STATIC_REQUIRE(!millrace::aggregator_of<S, std::vector<user>>);
}

/// A sketch of distinct items goes on counting, whatever bytes it came from. Returns a copy that saw one item more.
template <class S>
S counted_on(S& sketch) {
  for (int i = 0; i < 40; ++i) sketch.update(i);
  CHECK(sketch.estimate() >= 0);
  S other = sketch;
  other.update(-1);
  return other;
}

}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_SKETCHES_HPP
