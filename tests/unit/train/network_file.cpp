#include <millrace/train/network_file.hpp>
#include <support/catch.hpp>

#include <cstring>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>
#include <support/temp_dir.hpp>
#include <support/train.hpp>

namespace mr = millrace;

namespace {

template <class Scalar>
mr::train::network<Scalar> example() {
  mr::train::network<Scalar> net(2, {{3, mr::train::activation::leaky_relu}, {2, mr::train::activation::gelu}, {1}}, 9);
  for (Eigen::Index i = 0; i < net.parameter_count(); ++i) net.parameters()[i] = static_cast<Scalar>(i) / Scalar(8);
  net.parameters()[1] = std::numeric_limits<Scalar>::denorm_min();
  net.parameters()[2] = -Scalar(0);
  net.parameters()[3] = -std::numeric_limits<Scalar>::infinity();
  net.parameters()[4] = std::numeric_limits<Scalar>::quiet_NaN();
  return net;
}

template <class Scalar>
bool same(const mr::train::network<Scalar>& a, const mr::train::network<Scalar>& b) {
  if (a.inputs() != b.inputs() || a.layer_count() != b.layer_count()) return false;
  for (std::size_t k = 0; k < a.layer_count(); ++k)
    if (a.layer(k).units != b.layer(k).units || a.layer(k).function != b.layer(k).function) return false;
  return std::memcmp(a.parameters().data(), b.parameters().data(),
                     sizeof(Scalar) * static_cast<std::size_t>(a.parameter_count())) == 0;
}

std::string file_bytes(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

/// The bytes with length and checksum made right again.
std::string sealed(std::string bytes) {
  for (std::size_t i = 0; i < 8; ++i) bytes[16 + i] = static_cast<char>((bytes.size() >> (8 * i)) & 0xFFU);
  const std::uint32_t sum = mr::train::detail::network_checksum(std::string_view(bytes).substr(0, bytes.size() - 4));
  for (std::size_t i = 0; i < 4; ++i) bytes[bytes.size() - 4 + i] = static_cast<char>((sum >> (8 * i)) & 0xFFU);
  return bytes;
}

}  // namespace

TEMPLATE_TEST_CASE("what was saved comes back bit for bit, NaN, infinity and -0 included", "", float, double) {
  const auto net = example<TestType>();
  const auto back = mr::train::network_from_bytes<TestType>(mr::train::to_bytes(net));
  REQUIRE(back);
  CHECK(same(*back, net));
}

TEST_CASE("the bytes of version 1 stay what they are") {
  CHECK(mr::train::to_bytes(example<float>()) == file_bytes(MILLRACE_GOLDEN_DIR "/train/network_f32.bin"));
  CHECK(mr::train::to_bytes(example<double>()) == file_bytes(MILLRACE_GOLDEN_DIR "/train/network_f64.bin"));
  const auto old = mr::train::network_from_bytes<float>(file_bytes(MILLRACE_GOLDEN_DIR "/train/network_f32.bin"));
  REQUIRE(old);
  CHECK(same(*old, example<float>()));
}

TEST_CASE("the checksum is CRC-32 as everybody computes it") {
  CHECK(mr::train::detail::network_checksum("123456789") == 0xCBF43926U);  // ITU-T V.42's check value
  CHECK(mr::train::detail::network_checksum("") == 0);
}

TEST_CASE("bytes cut short anywhere are an error") {
  const std::string bytes = mr::train::to_bytes(example<float>());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CAPTURE(size);
    const auto failed = mr::train::network_from_bytes<float>(std::string_view(bytes).substr(0, size));
    REQUIRE(!failed);
    CHECK((failed.error().code() == mr::errc::truncated || size == 0));
  }
  CHECK(mr::train::network_from_bytes<float>(bytes + "x").error().code() == mr::errc::corrupt);
}

TEST_CASE("any flipped bit is an error") {
  const std::string bytes = mr::train::to_bytes(example<float>());
  for (std::size_t i = 0; i < bytes.size(); ++i)
    for (unsigned bit = 0; bit < 8; ++bit) {
      std::string bad = bytes;
      bad[i] = static_cast<char>(static_cast<unsigned char>(bad[i]) ^ (1U << bit));
      CHECK(!mr::train::network_from_bytes<float>(bad));
    }
}

TEST_CASE("any byte changed under a right checksum is an error or a network of the same size") {
  const std::string bytes = mr::train::to_bytes(example<float>());
  for (std::size_t i = 0; i < bytes.size() - 4; ++i)
    for (int value : {0, 1, 2, 127, 128, 255}) {
      std::string bad = bytes;
      bad[i] = static_cast<char>(value);
      const auto read = mr::train::network_from_bytes<float>(sealed(bad));
      if (read) CHECK(read->parameter_count() == example<float>().parameter_count());
    }
}

TEST_CASE("errors say what is wrong with the bytes") {
  const std::string bytes = mr::train::to_bytes(example<float>());
  const auto message = [](const std::string& bad) {
    const auto read = mr::train::network_from_bytes<float>(bad);
    REQUIRE(!read);
    return read.error().message();
  };
  CHECK(message("") == "these bytes are no network: it does not begin with MRNETWRK");
  CHECK(message("PK\x03\x04 an archive") == "these bytes are no network: it does not begin with MRNETWRK");
  CHECK(message(bytes.substr(0, 100)) == "the network ends after 100 of 177 bytes");
  std::string bad = bytes;
  bad[8] = 2;
  CHECK(message(bad) == "the network is of version 2, known is 1");
  bad = bytes;
  bad[90] = static_cast<char>(bad[90] ^ 1);
  CHECK(message(bad) == "the network's bytes do not match their checksum");
  CHECK(message(mr::train::to_bytes(example<double>())) == "the network's numbers have 8 bytes, asked for are 4");
  bad = bytes;
  bad.replace(bad.find("gelu"), 4, "gela");
  CHECK(message(sealed(bad)) == "layer 1 has the activation \"gela\", which is unknown");
  bad = bytes;
  bad[24] = 0;
  CHECK(message(sealed(bad)) == "these bytes are no network: no inputs");
  bad = bytes;
  bad[32] = 0;
  CHECK(message(sealed(bad)) == "these bytes are no network: no layers");
  bad = bytes;
  bad[24 + 7] = 0x7F;  // 9 * 10^18 inputs
  CHECK(message(sealed(bad)) == "these bytes are no network: layer 0 has 3 units");
  bad = bytes;
  bad[36 + 6] = 1;  // 2^48 units
  CHECK(message(sealed(bad)) == "these bytes are no network: layer 0 has 281474976710659 units");
  CHECK(mr::train::network_from_bytes<float>(sealed(bytes.substr(0, 30) + "sum ")).error().message() ==
        "the network ends before the layers");
}

TEST_CASE("a file holds the network, and a missing or broken one is an error with its path") {
  const support::temp_dir dir;
  const auto net = example<float>();
  REQUIRE(mr::train::save_network(net, dir / "net.bin"));
  const auto back = mr::train::load_network(dir / "net.bin");
  REQUIRE(back);
  CHECK(same(*back, net));

  CHECK(!mr::train::load_network(dir / "none.bin"));
  CHECK(!mr::train::save_network(net, dir / "no/such/folder/net.bin"));
  std::ofstream(dir / "broken.bin") << "not a network";
  const auto broken = mr::train::load_network(dir / "broken.bin");
  REQUIRE(!broken);
  CHECK(broken.error().code() == mr::errc::corrupt);
  CHECK(broken.error().message() == "cannot load the network \"" + (dir / "broken.bin") + "\"");
}
