#include <millrace/store/signature.hpp>

#include <support/allocation_counter.hpp>
#include <support/catch.hpp>
#include <support/temp_dir.hpp>

#include <sys/mman.h>
#include <unistd.h>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mr = millrace;
namespace ms = millrace::store;

namespace {

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

/// A signer and verifier of the same secret, which stands for a device that keeps keys: the SHA-256 of secret and
/// message.
struct shared_secret {
  std::string secret = "open sesame";
  std::string name = "device-7";

  static const char* algorithm() { return "keyed-sha256"; }
  std::string key_id() const { return name; }
  mr::result<std::vector<std::byte>> sign(std::span<const std::byte> message) const {
    if (secret.empty()) return mr::error(mr::errc::unavailable, "the device is gone");
    mr::sha256 hash;
    hash.update(bytes_of(secret));
    hash.update(message);
    const mr::sha256_digest made = hash.digest();
    const auto all = std::as_bytes(std::span(made.bytes));
    return std::vector<std::byte>(all.begin(), all.end());
  }
  mr::result<void> verify_signature(std::span<const std::byte> message, std::span<const std::byte> signature) const {
    const auto made = sign(message);
    if (!made) return made.error();
    if (std::vector<std::byte>(signature.begin(), signature.end()) == *made) return {};
    return mr::error(mr::errc::not_authentic, "another secret");
  }
};
static_assert(ms::signer<shared_secret> && ms::verifier<shared_secret>);

constexpr std::string_view model = "a model of three numbers: 1 2 3\n";

}  // namespace

TEST_CASE("a signature is the text that its form says") {
  const auto text = ms::sign(bytes_of(model), shared_secret());
  REQUIRE(text);
  // hashlib.sha256(b"open sesame" + the first five lines).hexdigest() of Python.
  CHECK(*text ==
        "millrace signature 1\n"
        "algorithm keyed-sha256\n"
        "key device-7\n"
        "length 32\n"
        "sha256 6a11cf17286775cff33e092d240681f991f02379a179c11bb00ee4b1e046e89d\n"
        "signature 66e3fd4d770127661503ddacd932d5cddbd177706481356b99be45606a4a1c9e\n");
  CHECK(ms::verify_signature(bytes_of(model), *text, shared_secret()));
  const auto of_nothing = ms::sign({}, shared_secret());
  REQUIRE(of_nothing);
  CHECK(ms::verify_signature({}, *of_nothing, shared_secret()));
  CHECK(ms::sign(bytes_of(model), shared_secret{.name = "two words"}).error().code() == mr::errc::invalid_argument);
  CHECK(ms::sign(bytes_of(model), shared_secret{.secret = ""}).error().code() == mr::errc::unavailable);
}

TEST_CASE("what is wrong with signed bytes has a name") {
  const std::string text = *ms::sign(bytes_of(model), shared_secret());
  const auto of = [&](std::string_view bytes, const std::string& signature, const shared_secret& key = {}) {
    const auto done = ms::verify_signature(bytes_of(bytes), signature, key);
    REQUIRE_FALSE(done);
    return done.error();
  };
  std::string changed(model);
  changed[9] ^= 1;
  CHECK(of(changed, text).code() == mr::errc::checksum_mismatch);
  CHECK(of(model.substr(0, 31), text).code() == mr::errc::truncated);
  CHECK_THAT(of(model.substr(0, 31), text).message(), ContainsSubstring("31 bytes, and 32 were signed"));
  CHECK(of(std::string(model) + "4", text).code() == mr::errc::corrupt);
  CHECK(of(model, text, {.secret = "other"}).code() == mr::errc::not_authentic);
  CHECK(of(model, text, {.name = "device-8"}).code() == mr::errc::not_authentic);
  CHECK_THAT(of(model, text, {.name = "device-8"}).message(), ContainsSubstring("key device-7, and not with device-8"));
  CHECK(of(model, "").code() == mr::errc::truncated);
  CHECK(of(model, "PK").code() == mr::errc::corrupt);
  CHECK(of(model, "millrace signature 2\n").code() == mr::errc::unsupported);
  CHECK(of(model, text + "\n").code() == mr::errc::corrupt);
  for (std::size_t size = 0; size < text.size(); ++size)
    CHECK(of(model, text.substr(0, size)).code() == mr::errc::truncated);
}

TEST_CASE("no byte of a signature can be changed") {
  const std::string text = *ms::sign(bytes_of(model), shared_secret());
  for (std::size_t i = 0; i < text.size(); ++i)
    for (int bit = 0; bit < 8; ++bit) {
      std::string other = text;
      other[i] = static_cast<char>(other[i] ^ (1 << bit));
      CHECK_FALSE(ms::verify_signature(bytes_of(model), other, shared_secret()));
    }
  // What would say the same to a careless reader is another text.
  const auto replaced = [&](std::string_view from, std::string_view to) {
    std::string other = text;
    other.replace(other.find(from), from.size(), to);
    return other;
  };
  for (const std::string& other :
       {replaced("length 32", "length 032"), replaced("length 32", "length  32"), replaced("length 32", "length +32"),
        replaced("key device-7\n", "key device-7\r\n"), replaced("sha256 6a", "sha256 6A"),
        replaced("signature 66e", "signature 66E"), replaced("length 32", "length 99999999999999999999"),
        replaced("key device-7", "key ")})
    CHECK_FALSE(ms::verify_signature(bytes_of(model), other, shared_secret()));
}

TEST_CASE("a signed file is read if its signature is authentic, and nothing of it otherwise") {
  const support::temp_dir dir;
  const std::string path = dir / "model.bin";
  const auto no_file = ms::read_verified(path, shared_secret());
  REQUIRE_FALSE(no_file);
  CHECK(no_file.error().code() == mr::errc::not_found);
  CHECK_THAT(no_file.error().describe(), ContainsSubstring("cannot open \"" + path + '"'));
  REQUIRE(ms::write_file(path, model));
  const auto unsigned_file = ms::read_verified(path, shared_secret());
  REQUIRE_FALSE(unsigned_file);
  CHECK(unsigned_file.error().code() == mr::errc::not_found);
  CHECK_THAT(unsigned_file.error().describe(),
             ContainsSubstring("cannot verify \"" + path + "\": it is not signed: there is no \"" + path + ".sig\""));

  REQUIRE(ms::sign_file(path, shared_secret()));
  const auto read = ms::read_verified(path, shared_secret());
  REQUIRE(read);
  CHECK(std::string_view(reinterpret_cast<const char*>(read->data()), read->size()) == model);

  const auto wrong = [&](std::string_view content, const shared_secret& key = {}) {
    REQUIRE(ms::write_file(path, content));
    const auto found = ms::read_verified(path, key);
    REQUIRE_FALSE(found);
    CHECK_THAT(found.error().describe(), ContainsSubstring(path));
    return found.error().code();
  };
  CHECK(wrong(model, {.secret = "other"}) == mr::errc::not_authentic);
  CHECK(wrong(model.substr(1)) == mr::errc::truncated);
  CHECK(wrong(std::string(model) + "x") == mr::errc::corrupt);
  CHECK(wrong("A model of three numbers: 1 2 3\n") == mr::errc::checksum_mismatch);
  CHECK(wrong("") == mr::errc::truncated);
  REQUIRE(ms::write_signed(path, bytes_of("another model"), shared_secret()));
  CHECK(ms::read_verified(path, shared_secret()));
  REQUIRE(ms::write_file(path + ".sig", std::string(1'000'000, 'x')));
  CHECK(ms::read_verified(path, shared_secret()).error().code() == mr::errc::corrupt);
}

#if defined(__linux__)
TEST_CASE("a signed file that is larger than memory is an error with its size") {
  if (!support::counts_allocations) return;  // a sanitizer's allocator ends the program instead
  const ms::file large(::memfd_create("large", MFD_CLOEXEC), "large");
  REQUIRE(large.is_open());
  if (::ftruncate(large.descriptor(), off_t{1} << 62) != 0) return;  // not on every system
  const support::temp_dir folder;
  const std::string target = "/proc/self/fd/" + std::to_string(large.descriptor());
  REQUIRE(::symlink(target.c_str(), (folder / "large").c_str()) == 0);
  std::string text = *ms::sign(bytes_of(model), shared_secret());
  text.resize(text.find("\nsignature ") + 1);
  text.replace(text.find("length 32"), 9, "length 4611686018427387904");
  const auto signature = *shared_secret().sign(bytes_of(text));
  text += "signature ";
  ms::detail::append_hex(text, signature);
  REQUIRE(ms::write_file(folder / "large.sig", text += '\n'));
  const auto found = ms::read_verified(folder / "large", shared_secret());
  REQUIRE_FALSE(found);
  CHECK(found.error().code() == mr::errc::unavailable);
  CHECK(found.error().describe().find("no room for 4611686018427387904 bytes") != std::string::npos);
}
#endif
