#ifndef MILLRACE_TESTS_SUPPORT_GOLDEN_HPP
#define MILLRACE_TESTS_SUPPORT_GOLDEN_HPP

#include <support/catch.hpp>

#include <cstddef>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace support {

/// The bytes of tests/golden/<name>.
inline std::vector<std::byte> golden(const std::string& name) {
  std::ifstream file(std::string(MILLRACE_GOLDEN_DIR) + "/" + name, std::ios::binary);
  REQUIRE(file.is_open());
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  std::vector<std::byte> bytes(text.size());
  std::memcpy(bytes.data(), text.data(), text.size());
  return bytes;
}

/// What tests/golden/<name> loads as, and `made` must be: it saves to those bytes, and so does what they load as.
template <class A>
A from_golden(const std::string& name, const A& made) {
  const std::vector<std::byte> bytes = golden(name);
  CHECK(made.save() == bytes);
  auto back = A::load(bytes);
  REQUIRE(back.has_value());
  CHECK(back->save() == bytes);
  return *std::move(back);
}

/// 2,000 numbers of exact arithmetic, of both signs, with zeros and powers of two, as in tests/oracle/histograms.py.
inline std::vector<double> golden_stream() {
  std::vector<double> made(2000);
  for (std::size_t i = 0; i < made.size(); ++i) made[i] = (static_cast<double>((i * 7919) % 1009) - 200) / 8;
  return made;
}

}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_GOLDEN_HPP
