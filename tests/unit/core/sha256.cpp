#include <millrace/core/sha256.hpp>

#include <support/allocations.hpp>
#include <support/catch.hpp>
#include <support/golden.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace mr = millrace;

namespace {

std::string hash_of(std::string_view text) { return to_string(mr::sha256_of(std::as_bytes(std::span(text)))); }

std::vector<std::byte> from_hex(const std::string& digits) {
  std::vector<std::byte> made(digits.size() / 2);
  for (std::size_t i = 0; i < made.size(); ++i)
    made[i] = static_cast<std::byte>(std::stoi(digits.substr(2 * i, 2), nullptr, 16));
  return made;
}

}  // namespace

TEST_CASE("SHA-256 of the examples of its standard") {
  // NIST, "Descriptions of SHA-256, SHA-384 and SHA-512", appendix B, and the examples of FIPS 180-4's page.
  CHECK(hash_of("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(hash_of("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(hash_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(hash_of("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnop"
                "qrstnopqrstu") == "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
  CHECK(hash_of(std::string(1'000'000, 'a')) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("SHA-256 of NIST's short and long messages, and of its Monte Carlo test") {
  const auto text = support::golden("core/sha256_nist.txt");  // tests/oracle/sha256.py
  std::istringstream lines(std::string(reinterpret_cast<const char*>(text.data()), text.size()));
  std::vector<std::vector<std::byte>> kept;
  std::vector<std::string> expected;
  std::string message;
  std::string digest;
  while (lines >> message >> digest && message != "monte") {
    kept.push_back(message == "-" ? std::vector<std::byte>() : from_hex(message));
    expected.push_back(digest);
  }
  CHECK(kept.size() >= 65 + 10);
  const std::vector<std::span<const std::byte>> messages(kept.begin(), kept.end());
  std::vector<mr::sha256_digest> digests(messages.size());
  mr::sha256_many(messages, digests);
  for (std::size_t i = 0; i < messages.size(); ++i) {
    CHECK(to_string(mr::sha256_of(messages[i])) == expected[i]);
    CHECK(to_string(digests[i]) == expected[i]);
  }
  // NIST, "The Secure Hash Algorithm Validation System", section 6.4: of three digests one behind the other the next.
  std::vector<std::byte> last = from_hex(digest);
  std::size_t rounds = 0;
  for (; lines >> digest; ++rounds) {
    std::vector<std::byte> three;
    for (int i = 0; i < 3; ++i) three.insert(three.end(), last.begin(), last.end());
    for (int i = 0; i < 1000; ++i) {
      const mr::sha256_digest next = mr::sha256_of(three);
      std::memmove(three.data(), three.data() + 32, 64);
      std::memcpy(three.data() + 64, next.bytes, 32);
    }
    last.assign(three.begin() + 64, three.end());
    CHECK(last == from_hex(digest));
  }
  CHECK(rounds == 100);
}

TEST_CASE("SHA-256 of every length around the blocks, in any parts, is one hash") {
  // The hash of the texts of 0 to 260 letters "x", one behind the other as digits:
  // python3 -c "import hashlib as h; print(h.sha256(''.join(h.sha256(b'x' * n).hexdigest() for n in range(261))
  //             .encode()).hexdigest())"
  std::string all;
  for (std::size_t size = 0; size <= 260; ++size) all += hash_of(std::string(size, 'x'));
  CHECK(hash_of(all) == "7ec44f8f0bf0e95b777d9d910ab55879c6120519980ef843315a5ca36404c96b");
  std::vector<std::byte> bytes(1000);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i * i % 251);
  const mr::sha256_digest whole = mr::sha256_of(bytes);
  for (std::size_t part = 1; part < 200; ++part) {
    mr::sha256 hash;
    for (std::size_t at = 0; at < bytes.size(); at += part) {
      CHECK_FALSE(hash.digest() == whole);  // which changes nothing
      hash.update(std::span(bytes).subspan(at, std::min(part, bytes.size() - at)));
    }
    CHECK(hash.digest() == whole);
  }
  CHECK(support::allocations_of([&] { static_cast<void>(mr::sha256_of(bytes)); }) == 0);
}

TEST_CASE("SHA-256 in plain C++ is that of the processor's instructions") {
  std::vector<unsigned char> data(64 * 40);
  for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<unsigned char>(i * 7919 >> 3);
  for (std::size_t blocks = 0; blocks <= 40; ++blocks) {
    std::uint32_t plain[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    std::uint32_t chosen[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    mr::detail::sha256_plain(plain, data.data(), blocks);
    mr::detail::sha256_blocks(chosen, data.data(), blocks);
    for (std::size_t i = 0; i < 8; ++i) CHECK(plain[i] == chosen[i]);
  }
}

TEST_CASE("SHA-256 of many messages is that of each") {
  std::vector<std::byte> bytes(4000);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i * i % 251);
  // Lengths around the blocks of 64 bytes, and around the 512 bytes of which a lane has room; none, one, and odd
  // counts.
  std::vector<std::span<const std::byte>> messages;
  for (const std::size_t size : std::initializer_list<std::size_t>{
           3000, 0,   1,   300, 511,  54,   55,   56,   63,   64,  65,   119, 120, 447, 448, 449, 502, 503,  504, 510,
           511,  512, 513, 0,   1015, 1016, 1017, 1024, 4000, 100, 2000, 2,   0,   0,   575, 576, 577, 3999, 64})
    messages.push_back(std::span(bytes).first(size));
  for (std::size_t first = 0; first < messages.size(); ++first) {
    for (std::size_t count = 0; count <= messages.size() - first; count += 1 + count / 4) {
      const auto some = std::span(messages).subspan(first, count);
      std::vector<mr::sha256_digest> digests(count + 1);
      mr::sha256_many(some, std::span(digests).first(count));
      for (std::size_t i = 0; i < count; ++i) CHECK(digests[i] == mr::sha256_of(some[i]));
      CHECK(digests[count] == mr::sha256_digest());
    }
  }
  std::vector<mr::sha256_digest> digests(messages.size());
  CHECK(support::allocations_of([&] { mr::sha256_many(messages, digests); }) == 0);
}

namespace {

/// Whether messages of all lengths below 1,200, each behind a byte, have by `States` the digests that they should have;
/// so have the first few of them, which do not fill all lanes.
template <class States>
bool each_is_right() {
  std::vector<std::byte> bytes(1200);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i * 7919 >> 3);
  bool same = true;
  for (const std::size_t count :
       std::initializer_list<std::size_t>{1200, 0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 24, 31, 40}) {
    std::vector<unsigned char> made(32 * count + 1);
    // Every length once, in no order, as 7 and 1,199 share no factor.
    mr::detail::sha256_side_by_side<States>(
        count,
        [&](std::size_t i) { return mr::detail::sha256_message{std::span(bytes).subspan(1, i * 7 % 1199), 0xA5}; },
        [&](std::size_t i) { return made.data() + 32 * i; });
    auto with_prefix = bytes;
    with_prefix[0] = std::byte{0xA5};
    for (std::size_t i = 0; i < count; ++i) {
      const auto one = mr::sha256_of(std::span(with_prefix).first(1 + i * 7 % 1199));
      same = same && std::equal(one.bytes, one.bytes + 32, made.data() + 32 * i);
    }
    same = same && made.back() == 0;
  }
  return same;
}

}  // namespace

TEST_CASE("SHA-256 of many messages is the same by every way that the processor has") {
  CHECK(each_is_right<mr::detail::sha256_single>());
#if defined(__x86_64__)
  if (mr::detail::cpu_has_sha()) CHECK(each_is_right<mr::detail::sha256_pair>());
  if (mr::detail::cpu_has_avx2()) CHECK(each_is_right<mr::detail::sha256_vector<8>>());
  if (mr::detail::cpu_has_avx512()) CHECK(each_is_right<mr::detail::sha256_vector<16>>());
#endif
}
