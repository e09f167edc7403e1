#include <millrace/store/parquet/codecs.hpp>

#include <millrace/core/detail/inflate.hpp>
#include <millrace/store/parquet/detail/gzip.hpp>
#include <millrace/store/parquet/detail/lz_codecs.hpp>
#include <support/catch.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ms = millrace::store;

namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}
/// What a decoder makes of a text, or "refused".
template <class Decode>
std::string decoded(Decode decode, std::string_view in, std::size_t size) {
  std::string out(size, '?');
  const bool good = decode(bytes_of(in), std::span(reinterpret_cast<std::byte*>(out.data()), out.size()));
  return good ? out : "refused";
}

}  // namespace

TEST_CASE("parquet: codecs have the format's names and numbers", "[store]") {
  CHECK(to_string(ms::parquet_codec::lz4_raw) == "LZ4_RAW");
  CHECK(static_cast<int>(ms::parquet_codec::zstd) == 6);
  CHECK(ms::is_built_in(ms::parquet_codec::snappy));
  CHECK_FALSE(ms::is_built_in(ms::parquet_codec::zstd));
  CHECK_FALSE(ms::is_built_in(ms::parquet_codec::brotli));
}

// The texts follow format_description.txt of Snappy and lz4_Block_format.md of LZ4, byte by byte.
TEST_CASE("parquet: snappy is decoded, and nothing else is", "[store]") {
  const auto snappy = [](std::string_view in, std::size_t size) {
    return decoded(ms::detail::decode_snappy, in, size);
  };
  using namespace std::string_view_literals;
  CHECK(snappy("\0"sv, 0).empty());
  CHECK(snappy("\x05\x10hello"sv, 5) == "hello");
  CHECK(snappy("\x05\xf0\x04hello"sv, 5) == "hello");         // a length in a byte of its own
  CHECK(snappy("\x0a\x04xy\x11\x02"sv, 10) == "xyxyxyxyxy");  // 8 bytes from 2 before, which overlap
  CHECK(snappy("\x06\x08"
               "abc\x0a\x03\x00"sv,
               6) == "abcabc");  // a distance of two bytes
  CHECK(snappy("\x06\x08"
               "abc\x0b\x03\x00\x00\x00"sv,
               6) == "abcabc");  // of four
  CHECK(snappy("\x05\x10hello"sv, 4) == "refused");
  CHECK(snappy("\x05\x10hell"sv, 5) == "refused");
  CHECK(snappy("\x05\x10hello!"sv, 5) == "refused");
  CHECK(snappy("\x0a\x04xy\x11\x03"sv, 10) == "refused");  // before the beginning
  CHECK(snappy("\x0a\x04xy\x11\x00"sv, 10) == "refused");
  CHECK(snappy("\x05\x04xy\x11\x02"sv, 5) == "refused");  // beyond the end
  CHECK(snappy("\x05\xfc\xff\xff\xff\xffhello"sv, 5) == "refused");
  CHECK(snappy(""sv, 0) == "refused");
}

TEST_CASE("parquet: LZ4 is decoded, bare and in the frames of Hadoop, and nothing else is", "[store]") {
  const auto lz4 = [](std::string_view in, std::size_t size) { return decoded(ms::detail::decode_lz4, in, size); };
  const auto hadoop = [](std::string_view in, std::size_t size) {
    return decoded(ms::detail::decode_hadoop_lz4, in, size);
  };
  using namespace std::string_view_literals;
  CHECK(lz4("\x50hello"sv, 5) == "hello");
  CHECK(lz4("\x24xy\x02\x00\x10z"sv, 11) == "xyxyxyxyxyz");
  CHECK(lz4("\xf0\x00"
            "0123456789abcde"sv,
            15) == "0123456789abcde");  // the length goes on
  CHECK(lz4("\x1fx\x01\x00\x02\x10y"sv, 23) == std::string(22, 'x') + "y");
  CHECK(lz4("\x50hell"sv, 5) == "refused");
  CHECK(lz4("\x50hello"sv, 6) == "refused");
  CHECK(lz4("\x24xy\x03\x00\x10z"sv, 11) == "refused");
  CHECK(lz4("\x24xy\x00\x00\x10z"sv, 11) == "refused");
  CHECK(lz4("\x24xy\x02"sv, 11) == "refused");
  CHECK(lz4("\xff\xff\xff\xff"sv, 5) == "refused");
  CHECK(hadoop("\0\0\0\x05\0\0\0\x06\x50hello\0\0\0\x01\0\0\0\x02\x10!"sv, 6) == "hello!");
  CHECK(hadoop("\0\0\0\x05\0\0\0\x06\x50hello"sv, 6) == "refused");
  CHECK(hadoop("\0\0\0\x05\0\0\0\x06\x50hello\0"sv, 5) == "refused");
}

TEST_CASE("parquet: gzip goes there and back, and a member that was changed is refused", "[store]") {
  ms::detail::huffman_block block;
  ms::detail::inflater inflater;
  for (const std::string& text :
       {std::string(), std::string("a"), std::string(5000, 'x'), std::string("\x01\x02\x03\x04"), [] {
          std::string made;
          for (int i = 0; i < 100000; ++i) made += static_cast<char>(i * i >> 3);
          return made;
        }()}) {
    ms::detail::flat_vector<std::byte> packed;
    ms::detail::encode_gzip(block, bytes_of(text), packed);
    const std::size_t size = packed.size();
    packed.resize(size + 8);
    const auto unpacks = [&](std::size_t in, std::size_t to) {
      std::string out(to + ms::detail::inflate_slack, '?');
      const bool good =
          ms::detail::decode_gzip(inflater, {packed.data(), in}, reinterpret_cast<std::byte*>(out.data()), to);
      return good && std::string_view(out).substr(0, to) == text;
    };
    CHECK(unpacks(size, text.size()));
    CHECK_FALSE(unpacks(size, text.size() + 1));
    CHECK_FALSE(unpacks(size - 1, text.size()));
    packed[size - 5] ^= std::byte{1};  // of the checksum
    CHECK_FALSE(unpacks(size, text.size()));
  }
}

TEST_CASE("parquet: gzip members behind each other are read as one", "[store]") {
  ms::detail::huffman_block block;
  ms::detail::inflater inflater;
  ms::detail::flat_vector<std::byte> packed;
  for (const std::string_view part : {"first ", "", "and second"})
    ms::detail::encode_gzip(block, bytes_of(part), packed);
  const std::size_t size = packed.size();
  packed.resize(size + 8);
  const auto unpacked = [&](std::size_t in, std::size_t to) {
    std::string out(to + ms::detail::inflate_slack, '?');
    const bool good =
        ms::detail::decode_gzip(inflater, {packed.data(), in}, reinterpret_cast<std::byte*>(out.data()), to);
    return good ? out.substr(0, to) : "refused";
  };
  CHECK(unpacked(size, 16) == "first and second");
  CHECK(unpacked(size, 15) == "refused");
  CHECK(unpacked(size, 17) == "refused");
  CHECK(unpacked(size - 1, 16) == "refused");
  CHECK(unpacked(size + 1, 16) == "refused");  // something behind the last
}
