#include <millrace/store/ed25519.hpp>

#include <millrace/aggregate/sketches/kll.hpp>
#include <millrace/model/formats/onnx.hpp>
#include <millrace/store/saved_file.hpp>
#include <millrace/store/secret_file.hpp>
#include <support/catch.hpp>
#include <support/golden.hpp>
#include <support/temp_dir.hpp>

#include <sys/stat.h>
#include <cstddef>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace mr = millrace;
namespace ms = millrace::store;

namespace {

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

std::vector<std::byte> from_hex(std::string_view text) {
  std::vector<std::byte> made(text.size() / 2);
  REQUIRE(ms::detail::read_hex(text, made));
  return made;
}

static_assert(ms::signer<ms::ed25519_private_key>);
static_assert(ms::verifier<ms::ed25519_public_key>);

// The key of RFC 8032's TEST 1, as OpenSSL 3.0 writes it.
constexpr std::string_view private_pem =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
    "-----END PRIVATE KEY-----\n";
constexpr std::string_view public_pem =
    "-----BEGIN PUBLIC KEY-----\n"
    "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"
    "-----END PUBLIC KEY-----\n";
constexpr std::string_view model = "a model of three numbers: 1 2 3\n";

}  // namespace

TEST_CASE("Ed25519: keys and signatures are those of RFC 8032, section 7.1") {
  struct vector {
    std::string_view private_key;
    std::string_view public_key;
    std::string_view message;
    std::string_view signature;
  };
  const vector vectors[] = {
      {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
       "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
       "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe2"
       "4655141438e7a100b"},
      {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
       "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
       "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302ae"
       "eb00d291612bb0c00"},
      {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
       "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
       "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28"
       "dc027beceea1ec40a"},
  };
  for (const vector& one : vectors) {
    const auto key = ms::ed25519_private_key::make(from_hex(one.private_key));
    REQUIRE(key);
    CHECK(key->key_id() == one.public_key);
    const auto message = from_hex(one.message);
    const auto made = key->sign(message);
    REQUIRE(made);
    CHECK(*made == from_hex(one.signature));
    const auto other = ms::ed25519_public_key::make(from_hex(one.public_key));
    REQUIRE(other);
    CHECK(other->verify_signature(message, *made));
    for (std::size_t i = 0; i < made->size(); ++i) {
      auto changed = *made;
      changed[i] ^= std::byte{4};
      CHECK(other->verify_signature(message, changed).error().code() == mr::errc::not_authentic);
    }
    CHECK(other->verify_signature(message, std::span(*made).first(63)).error().code() == mr::errc::not_authentic);
    CHECK(other->verify_signature(bytes_of("x"), *made).error().code() == mr::errc::not_authentic);
  }
}

TEST_CASE("Ed25519: keys come from PEM, and what is none is said") {
  const auto key = ms::ed25519_private_key::from_pem(private_pem);
  REQUIRE(key);
  CHECK(key->key_id() == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
  const auto other = ms::ed25519_public_key::from_pem(public_pem);
  REQUIRE(other);
  CHECK(other->key_id() == key->key_id());
  CHECK(ms::ed25519_private_key::from_pem(public_pem).error().code() == mr::errc::invalid_data);
  CHECK(ms::ed25519_public_key::from_pem(private_pem).error().code() == mr::errc::invalid_data);
  CHECK(ms::ed25519_public_key::from_pem("").error().code() == mr::errc::invalid_data);
  const auto of_path = ms::ed25519_public_key::from_pem("key.pem");
  REQUIRE_FALSE(of_path);
  CHECK(of_path.error().message() ==
        "this is no public key as PEM, as no \"-----BEGIN \" is in it: from_pem takes the text of a key, and not the "
        "path "
        "of its file");
  const std::string secret(64, '7');
  CHECK(ms::ed25519_private_key::from_pem(secret).error().describe().find(secret) == std::string::npos);
  CHECK(ms::ed25519_private_key::from_pem(public_pem).error().message().find("path") == std::string::npos);
  // openssl ecparam -name prime256v1 -genkey -noout | openssl ec -pubout
  const auto of_another_algorithm = ms::ed25519_public_key::from_pem(
      "-----BEGIN PUBLIC KEY-----\n"
      "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAENv+zus31tpkNk4hOi49IjcmNbzob\n"
      "KYGPVFB3Vo3U7SUfhG/h8lG4MEN+BEpSnr84syL144N5feA4u3u/H6JJ+w==\n"
      "-----END PUBLIC KEY-----\n");
  CHECK(of_another_algorithm.error().message() == "the public key is not of Ed25519");
  // openssl genpkey -algorithm ed25519 -aes256 -pass pass:open-sesame
  constexpr std::string_view encrypted =
      "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
      "MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAiQpel7S6dU2AICCAAw\n"
      "DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEA1MMw8ohUNMzTX5RTkrthQEQKRu\n"
      "f7vDSlEkptGu0oCfkwhsK9lN4LKG21zfxQ1h/uzevynyl8Q+7wHn3IbKV82H3LJA\n"
      "AiZtQEHFJbhwY19EwJk=\n"
      "-----END ENCRYPTED PRIVATE KEY-----\n";
  CHECK(ms::ed25519_private_key::from_pem(encrypted, "open-sesame"));
  CHECK(ms::ed25519_private_key::from_pem(encrypted, "open sesame").error().code() == mr::errc::invalid_data);
  CHECK(ms::ed25519_private_key::from_pem(encrypted).error().code() == mr::errc::invalid_data);
  CHECK(ms::ed25519_public_key::make(bytes_of("short")).error().code() == mr::errc::invalid_argument);
  CHECK(ms::ed25519_private_key::make(bytes_of("short")).error().code() == mr::errc::invalid_argument);
  CHECK(::ERR_peek_error() == 0);  // nothing of it stays with the thread
}

TEST_CASE("Ed25519: a key that was made is stored as PEM, and read again") {
  const auto of_rfc = ms::ed25519_private_key::from_pem(private_pem);
  REQUIRE(of_rfc);
  CHECK(of_rfc->to_pem()->expose() == private_pem);
  CHECK(of_rfc->public_key().to_pem().value() == public_pem);
  static_assert(std::is_same_v<decltype(of_rfc->to_pem()), mr::result<ms::secret<std::string>>>);

  const support::temp_dir dir;
  const auto key = ms::ed25519_private_key::generate();
  REQUIRE(key);
  const auto pem = key->to_pem();
  REQUIRE(pem);
  REQUIRE(ms::write_secret(dir / "key.pem", *pem));
  struct stat facts{};
  REQUIRE(::stat((dir / "key.pem").c_str(), &facts) == 0);
  CHECK((facts.st_mode & 0777U) == 0600U);
  const auto kept = ms::read_secret(dir / "key.pem");
  REQUIRE(kept);
  const auto again = ms::ed25519_private_key::from_pem(kept->expose());
  REQUIRE(again);
  CHECK(again->key_id() == key->key_id());
  CHECK(again->sign(bytes_of(model)).value() == key->sign(bytes_of(model)).value());

  const auto hidden = key->to_pem("open sesame");
  REQUIRE(hidden);
  CHECK(hidden->expose().starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
  CHECK(ms::ed25519_private_key::from_pem(hidden->expose(), "open sesame")->key_id() == key->key_id());
  CHECK(ms::ed25519_private_key::from_pem(hidden->expose(), "open-sesame").error().code() == mr::errc::invalid_data);
  CHECK(ms::ed25519_private_key::from_pem(hidden->expose()).error().code() == mr::errc::invalid_data);
  CHECK(key->to_pem("").error().code() == mr::errc::invalid_argument);
  CHECK(key->to_pem(std::string(1025, 'x')).error().code() == mr::errc::invalid_argument);
  CHECK(::ERR_peek_error() == 0);
}

TEST_CASE("Ed25519: the openssl program reads the keys that are written here, and its own are read") {
  if (std::system("openssl version > /dev/null 2>&1") != 0) {
    WARN("there is no openssl program to ask");
    return;
  }
  const support::temp_dir dir;
  const auto run = [&](const std::string& command) {
    return std::system(("cd " + (dir / "") + " && openssl " + command + " > said 2>&1").c_str()) == 0;
  };
  const auto key = ms::ed25519_private_key::generate();
  REQUIRE(key);
  const std::string its_public = key->public_key().to_pem().value();
  REQUIRE(ms::write_secret(dir / "key.pem", key->to_pem().value()));
  REQUIRE(ms::write_secret(dir / "hidden.pem", key->to_pem("open sesame").value()));
  REQUIRE(ms::write_file(dir / "public.pem", its_public));
  REQUIRE(run("pkey -in key.pem -pubout -out a.pem"));
  CHECK(ms::read_file(dir / "a.pem").value() == its_public);
  REQUIRE(run("pkey -in hidden.pem -passin 'pass:open sesame' -pubout -out b.pem"));
  CHECK(ms::read_file(dir / "b.pem").value() == its_public);
  REQUIRE(run("pkey -pubin -in public.pem -pubout -out d.pem"));
  CHECK(ms::read_file(dir / "d.pem").value() == its_public);
  REQUIRE(run("asn1parse -in hidden.pem"));
  CHECK_THAT(ms::read_file(dir / "said").value(), ContainsSubstring("hmacWithSHA256") &&
                                                      ContainsSubstring(":0927C0") &&  // 600,000
                                                      ContainsSubstring("aes-256-cbc"));

  REQUIRE(run("genpkey -algorithm ed25519 -out theirs.pem"));
  const std::string theirs = ms::read_file(dir / "theirs.pem").value();
  CHECK(ms::ed25519_private_key::from_pem(theirs)->to_pem()->expose() == theirs);
  REQUIRE(run("pkey -in theirs.pem -pubout -out theirs.pub"));
  const std::string their_public = ms::read_file(dir / "theirs.pub").value();
  CHECK(ms::ed25519_public_key::from_pem(their_public)->to_pem().value() == their_public);
}

TEST_CASE("Ed25519: a file's signature is the one that the openssl program makes") {
  // As the guide has it: the five lines by printf, then openssl pkeyutl -sign -rawin (OpenSSL 3.0.22).
  constexpr std::string_view by_openssl =
      "millrace signature 1\n"
      "algorithm ed25519\n"
      "key d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a\n"
      "length 32\n"
      "sha256 6a11cf17286775cff33e092d240681f991f02379a179c11bb00ee4b1e046e89d\n"
      "signature "
      "17cff12490109010ea75431d9cb5ee7b020b84b763b5a011bdacf4ea48d2e74cc9b1d32f55370c7f19313008f826f57b6aa8e9ef"
      "0af7131f8de99593600e000a\n";
  const auto key = ms::ed25519_private_key::from_pem(private_pem);
  REQUIRE(key);
  CHECK(ms::verify_signature(bytes_of(model), by_openssl, key->public_key()));
  const auto text = ms::sign(bytes_of(model), *key);
  REQUIRE(text);
  CHECK(*text == by_openssl);
}

TEST_CASE("Ed25519: the openssl program verifies what is signed here, and refuses what is not") {
  if (std::system("openssl version > /dev/null 2>&1") != 0) {
    WARN("there is no openssl program to ask");
    return;
  }
  const support::temp_dir dir;
  const auto key = ms::ed25519_private_key::generate();
  REQUIRE(key);
  REQUIRE(ms::write_signed(dir / "model", bytes_of(model), *key));
  const std::string text = *ms::read_file(dir / "model.sig");
  const std::size_t last = text.rfind("signature ");
  // SubjectPublicKeyInfo of RFC 8410, section 4: a fixed head and the 32 bytes.
  auto der = from_hex("302a300506032b6570032100" + key->key_id());
  REQUIRE(ms::write_file(dir / "key.der", der));
  REQUIRE(ms::write_file(dir / "signature", from_hex(text.substr(last + 10, 128))));
  const std::string command = "cd " + (dir / "") +
                              " && openssl pkeyutl -verify -rawin -pubin -keyform DER -inkey key.der "
                              "-in statement -sigfile signature > said 2>&1";
  REQUIRE(ms::write_file(dir / "statement", text.substr(0, last)));
  CHECK(std::system(command.c_str()) == 0);
  REQUIRE(ms::write_file(dir / "statement", text.substr(1, last)));
  CHECK(std::system(command.c_str()) != 0);
}

TEST_CASE("Ed25519: saved objects and models of other formats are read from bytes that were verified") {
  const support::temp_dir dir;
  const auto key = ms::ed25519_private_key::from_pem(private_pem);
  const auto other = ms::ed25519_private_key::generate();
  REQUIRE(key);
  REQUIRE(other);
  mr::kll<200> latencies;
  for (int i = 0; i < 1000; ++i) latencies.update(i);
  REQUIRE(ms::save_file(dir / "latencies", latencies));
  REQUIRE(ms::sign_file(dir / "latencies", *key));
  const auto bytes = ms::read_verified(dir / "latencies", key->public_key());
  REQUIRE(bytes);
  CHECK(mr::kll<200>::load(*bytes)->save() == latencies.save());
  const auto by_another = ms::read_verified(dir / "latencies", other->public_key());
  REQUIRE_FALSE(by_another);
  CHECK(by_another.error().code() == mr::errc::not_authentic);
  CHECK_THAT(by_another.error().describe(), ContainsSubstring(key->key_id()) && ContainsSubstring(other->key_id()));

  // A file that another program wrote.
  const auto onnx = support::golden("formats/ml-trees-3.onnx");
  REQUIRE(ms::write_signed(dir / "trees.onnx", onnx, *key));
  const auto verified = ms::read_verified(dir / "trees.onnx", key->public_key());
  REQUIRE(verified);
  CHECK(*verified == onnx);
  CHECK(mr::model::read_onnx(*verified));
}
