#include <millrace/tensor/deflate.hpp>

#include <support/catch.hpp>

#include <laws/codec.hpp>
#include <support/temp_dir.hpp>
#include <support/tensors.hpp>

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

// zlib is the oracle here: it reads what our encoder writes, writes what our decoder reads, and says
// what CRC-32 is.

namespace mr = millrace;
using support::data_kind;

namespace {

using bytes = std::vector<unsigned char>;

mr::tensor::tensor_view flat(mr::tensor::dtype type, const bytes& elements) {
  return mr::tensor::tensor_view(type, elements.data(),
                                 mr::tensor::tensor_layout::row_major({elements.size() / mr::tensor::size_of(type)}));
}

/// Whether zlib takes `in` for one raw DEFLATE stream of exactly `expected`.
bool zlib_reads(const bytes& in, const bytes& expected) {
  z_stream stream{};
  REQUIRE(inflateInit2(&stream, -15) == Z_OK);
  bytes out(expected.size() + 1);
  stream.next_in = const_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  const bool ended = inflate(&stream, Z_FINISH) == Z_STREAM_END && stream.avail_in == 0;
  out.resize(static_cast<std::size_t>(stream.total_out));
  inflateEnd(&stream);
  return ended && out == expected;
}

bytes zlib_writes(const bytes& in, int level, int strategy, bool in_pieces = false) {
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, level, Z_DEFLATED, -15, 8, strategy) == Z_OK);
  bytes out(in.size() * 2 + 4096);
  stream.next_in = const_cast<Bytef*>(in.data());
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  if (in_pieces)  // many blocks, among them empty ones
    for (std::size_t done = 0; done < in.size(); done += 997) {
      stream.avail_in = static_cast<uInt>((std::min)(std::size_t{997}, in.size() - done));
      REQUIRE(deflate(&stream, Z_SYNC_FLUSH) == Z_OK);
    }
  else
    stream.avail_in = static_cast<uInt>(in.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(static_cast<std::size_t>(stream.total_out));
  deflateEnd(&stream);
  return out;
}

/// Our decoder on a heap block of just these bytes and the eight that it may read after them.
bool we_read(mr::tensor::detail::inflater& inflater, const bytes& in, const bytes& expected) {
  const auto exact = std::make_unique<unsigned char[]>(in.size() + 8);
  if (!in.empty()) std::memcpy(exact.get(), in.data(), in.size());
  bytes out(expected.size() + mr::tensor::detail::inflate_slack);
  if (!inflater.inflate(exact.get(), in.size(), out.data(), expected.size())) return false;
  out.resize(expected.size());
  return out == expected;
}

/// Bytes of all sorts: even and skewed, with runs and repeats, short and long.
bytes some_bytes(support::small_random& random, int kind, std::size_t count) {
  bytes made(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t r = random();
    switch (kind % 7) {
      case 0: made[i] = static_cast<unsigned char>(r); break;
      case 1: made[i] = static_cast<unsigned char>(100 + std::countr_zero(r | 1U << 20)); break;
      case 2: made[i] = static_cast<unsigned char>(i / 50); break;
      case 3: made[i] = static_cast<unsigned char>(r % 20 == 0 ? r >> 8 : 7U); break;
      case 4: made[i] = 7; break;
      case 5:
        made[i] = i > 8 && r % 3 != 0 ? made[i - 1 - static_cast<std::size_t>((r >> 8) % 8)]
                                      : static_cast<unsigned char>(r >> 16);
        break;
      default:
        made[i] =
            static_cast<unsigned char>(static_cast<unsigned>(std::countr_zero(r | 1U << 30)) * 9U + (r >> 40) % 3);
        break;
    }
  }
  return made;
}

/// What a command prints, as bytes.
bytes output_of(const std::string& command) {
  std::FILE* pipe = ::popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  bytes out;
  unsigned char buffer[4096];
  for (std::size_t got = 0; (got = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;)
    out.insert(out.end(), buffer, buffer + got);
  REQUIRE(::pclose(pipe) == 0);
  return out;
}

}  // namespace

TEST_CASE("our CRC-32 is zlib's, in one piece, in two, and combined") {
  support::small_random random{3};
  const bytes data = some_bytes(random, 0, 5000);
  for (std::size_t length = 0; length < 1200; length += length < 300 ? 1 : 37)
    for (const std::size_t offset : std::initializer_list<std::size_t>{0, 1, 7, 16}) {
      const unsigned char* at = data.data() + offset;
      const auto expected = static_cast<std::uint32_t>(::crc32(0x1234U, at, static_cast<uInt>(length)));
      REQUIRE(mr::tensor::detail::crc32(0x1234U, at, length) == expected);
      REQUIRE(static_cast<std::uint32_t>(~mr::tensor::detail::crc32_step(~0x1234U, at, length)) ==
              expected);  // without the CPU's help
    }
  const std::uint32_t first = mr::tensor::detail::crc32(0, data.data(), 777);
  const std::uint32_t second = mr::tensor::detail::crc32(0, data.data() + 777, 4223);
  CHECK(mr::tensor::detail::crc32_combine(first, second, 4223) == mr::tensor::detail::crc32(0, data.data(), 5000));
  CHECK(mr::tensor::detail::crc32_combine(first, 0, 0) == first);
}

TEST_CASE("zlib reads the Huffman blocks that we write, and so do we") {
  support::small_random random{5};
  const auto ours = std::make_unique<mr::tensor::detail::inflater>();
  for (int round = 0; round < 400; ++round) {
    const bytes data = some_bytes(random, round, 1 + random() % (round % 20 == 0 ? 70'000U : 600U));
    std::uint32_t counts[256];
    mr::tensor::detail::count_bytes(data.data(), data.size(), counts);
    mr::tensor::detail::huffman_block literals;
    literals.plan_literals(counts);
    mr::tensor::detail::huffman_block runs;
    runs.plan_runs(data.data(), data.size());
    for (const mr::tensor::detail::huffman_block* block : {&literals, &runs}) {
      bytes out(block->bits() / 8 + 17);
      const unsigned char* end = block->write(data.data(), data.size(), out.data());
      out.resize(static_cast<std::size_t>(end - out.data()));
      REQUIRE(out.size() == (block->bits() + 7) / 8);
      REQUIRE(zlib_reads(out, data));
      REQUIRE(we_read(*ours, out, data));
    }
    bytes stored(mr::tensor::detail::stored_size(data.size()));
    REQUIRE(mr::tensor::detail::write_stored(data.data(), data.size(), stored.data()) == stored.data() + stored.size());
    REQUIRE(zlib_reads(stored, data));
    REQUIRE(we_read(*ours, stored, data));
  }
}

TEST_CASE("a code is limited to its length, complete, and as short as Huffman's where it may be") {
  // Fibonacci counts make the deepest trees.
  std::uint32_t counts[40] = {1, 1};
  for (std::size_t i = 2; i < 40; ++i) counts[i] = counts[i - 1] + counts[i - 2];
  for (const unsigned limit : {7U, 11U, 15U}) {
    unsigned char lengths[40];
    mr::tensor::detail::huffman_lengths(counts, 40, limit, lengths);
    std::uint32_t space = 0;
    for (const unsigned char length : lengths) {
      REQUIRE(length >= 1);
      REQUIRE(length <= limit);
      space += 1U << (limit - length);
    }
    CHECK(space == 1U << limit);
  }
  // 5 9 12 13 16 45: the example of Cormen et al., Introduction to Algorithms, section 16.3; 224 bits.
  const std::uint32_t example[6] = {45, 13, 12, 16, 9, 5};
  unsigned char lengths[6];
  mr::tensor::detail::huffman_lengths(example, 6, 15, lengths);
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < 6; ++i) bits += example[i] * lengths[i];
  CHECK(bits == 224);
}

TEST_CASE("we read what zlib writes: every level, strategy and kind of block") {
  support::small_random random{7};
  const auto ours = std::make_unique<mr::tensor::detail::inflater>();
  for (int round = 0; round < 120; ++round) {
    const bytes data = some_bytes(random, round, random() % (round % 10 == 0 ? 100'000U : 900U));
    for (const int level : {0, 1, 6, 9})
      for (const int strategy : {Z_DEFAULT_STRATEGY, Z_HUFFMAN_ONLY, Z_RLE, Z_FIXED})
        REQUIRE(we_read(*ours, zlib_writes(data, level, strategy), data));
    REQUIRE(we_read(*ours, zlib_writes(data, 6, Z_DEFAULT_STRATEGY, true), data));
  }
}

TEST_CASE("two streams inflate side by side to the same as one after the other") {
  support::small_random random{9};
  const auto first = std::make_unique<mr::tensor::detail::inflater>();
  const auto second = std::make_unique<mr::tensor::detail::inflater>();
  for (int round = 0; round < 200; ++round) {
    const bytes a = some_bytes(random, round, random() % 40'000);
    const bytes b = some_bytes(random, round / 7, random() % 40'000);
    const auto deflated = [&](const bytes& data, int level) {
      bytes out = zlib_writes(data, level, level == 1 ? Z_HUFFMAN_ONLY : Z_DEFAULT_STRATEGY);
      out.resize(out.size() + 8);
      return out;
    };
    const bytes in_a = deflated(a, 1);
    const bytes in_b = deflated(b, round % 3 == 0 ? 6 : 1);
    bytes out_a(a.size() + mr::tensor::detail::inflate_slack);
    bytes out_b(b.size() + mr::tensor::detail::inflate_slack);
    first->open(in_a.data(), in_a.size() - 8, out_a.data(), a.size());
    second->open(in_b.data(), in_b.size() - 8, out_b.data(), b.size());
    mr::tensor::detail::inflater::advance_both(*first, *second);
    REQUIRE(first->finish());
    REQUIRE(second->finish());
    out_a.resize(a.size());
    out_b.resize(b.size());
    REQUIRE(out_a == a);
    REQUIRE(out_b == b);
  }
}

TEST_CASE("on broken DEFLATE streams we and zlib agree") {
  support::small_random random{11};
  const auto ours = std::make_unique<mr::tensor::detail::inflater>();
  std::size_t accepted = 0;
  for (int round = 0; round < 3000; ++round) {
    const bytes data = some_bytes(random, round, 1 + random() % 300);
    bytes stream = zlib_writes(data, round % 2 == 0 ? 6 : 1, round % 5 == 0 ? Z_FIXED : Z_DEFAULT_STRATEGY);
    if (round % 3 == 0) {
      stream.resize(random() % stream.size());
    } else {
      const std::size_t bit = random() % (8 * stream.size());
      stream[bit / 8] = static_cast<unsigned char>(stream[bit / 8] ^ 1U << bit % 8);
    }
    const bool theirs = zlib_reads(stream, data);
    REQUIRE(we_read(*ours, stream, data) == theirs);
    accepted += theirs;
  }
  CHECK(accepted < 300);
}

TEST_CASE("with zlib every dtype, kind of data, length and level comes back bit for bit") {
  for (const mr::tensor::dtype type : mr::tensor::all_dtypes)
    for (const data_kind kind : support::all_data_kinds)
      for (const std::size_t count : std::initializer_list<std::size_t>{0, 1, 9, 500, 4099}) {
        const bytes elements = support::make_elements(type, kind, count, count + 1);
        for (int level = 0; level <= 9; level += count == 500 ? 1 : 3)
          laws::codec_round_trip(flat(type, elements), level, mr::tensor::zlib_deflate{});
      }
  const bytes large = support::make_elements(mr::tensor::dtype::f32, data_kind::periodic, 700'000);  // parts of 1 MiB
  laws::codec_round_trip(flat(mr::tensor::dtype::f32, large), 6, mr::tensor::zlib_deflate{});
}

TEST_CASE("what only a search for matches shrinks goes to zlib, unfiltered if that is best") {
  // Words out of a small book of random ones: as planes they have lost what they had in common.
  support::small_random random{13};
  std::vector<std::uint32_t> book(60);
  for (std::uint32_t& word : book) word = static_cast<std::uint32_t>(random());
  std::vector<std::uint32_t> words(100'000);
  for (std::uint32_t& word : words) word = book[random() % book.size()];
  const auto made =
      mr::tensor::compress(mr::tensor::basic_tensor_view(words.data(), mr::tensor::tensor_shape{words.size()}));
  REQUIRE(made);
  CHECK(made->filter() == mr::tensor::tensor_filter::none);
  CHECK(made->ratio() > 2.2);
  const bytes periodic = support::make_elements(mr::tensor::dtype::f32, data_kind::periodic, 400'000);
  CHECK(mr::tensor::compress(flat(mr::tensor::dtype::f32, periodic))->ratio() > 50);
}

TEST_CASE("gunzip reads a compressed tensor, and prints its filtered elements") {
  support::temp_dir folder;
  for (const data_kind kind : {data_kind::relu, data_kind::normal, data_kind::periodic, data_kind::random_bits})
    for (const std::size_t count : {std::size_t{0}, std::size_t{1001}, std::size_t{70'000}}) {
      const bytes elements = support::make_elements(mr::tensor::dtype::f32, kind, count);
      const auto made = mr::tensor::compress(flat(mr::tensor::dtype::f32, elements));
      REQUIRE(made);
      const std::string path = folder / "tensor.gz";
      std::ofstream(path, std::ios::binary)
          .write(reinterpret_cast<const char*>(made->bytes().data()),
                 static_cast<std::streamsize>(made->bytes().size()));
      const bytes printed = output_of("gzip -dc '" + path + "'");
      CHECK(static_cast<std::uint32_t>(::crc32(0, printed.data(), static_cast<uInt>(printed.size()))) ==
            made->checksum());

      // The filter again, in plain words: chunks of 65528 elements; bitmap; planes of rotated bits.
      bytes expected;
      if (made->filter() == mr::tensor::tensor_filter::none) {
        expected = elements;
      } else {
        for (std::size_t first = 0; first < count; first += 65528) {
          const std::size_t last = (std::min)(count, first + 65528);
          std::vector<std::uint32_t> kept;
          bytes bitmap((last - first + 7) / 8);
          for (std::size_t i = first; i < last; ++i) {
            std::uint32_t x = 0;
            std::memcpy(&x, &elements[4 * i], 4);
            if (x == 0 && made->filter() == mr::tensor::tensor_filter::nonzero_planes) continue;
            bitmap[(i - first) / 8] = static_cast<unsigned char>(bitmap[(i - first) / 8] | 1U << (i - first) % 8);
            kept.push_back(std::rotl(x, 1));
          }
          if (made->filter() == mr::tensor::tensor_filter::nonzero_planes)
            expected.insert(expected.end(), bitmap.begin(), bitmap.end());
          for (const unsigned plane : {0U, 8U, 16U, 24U})
            for (const std::uint32_t x : kept) expected.push_back(static_cast<unsigned char>(x >> plane));
        }
      }
      CHECK(printed == expected);
    }
}

TEST_CASE("truncated and flipped streams of zlib's making are errors, or the same tensor") {
  const bytes elements = support::make_elements(mr::tensor::dtype::f32, data_kind::periodic, 1500);
  const mr::tensor::compressed_tensor good =
      laws::codec_round_trip(flat(mr::tensor::dtype::f32, elements), 9, mr::tensor::zlib_deflate{});
  for (std::size_t size = 0; size < good.compressed_bytes(); ++size)
    REQUIRE_FALSE(mr::tensor::compressed_tensor::parse(good.bytes().first(size)));
  for (std::size_t bit = 0; bit < 8 * good.compressed_bytes(); ++bit) {
    bytes changed(good.bytes().begin(), good.bytes().end());
    changed[bit / 8] = static_cast<unsigned char>(changed[bit / 8] ^ 1U << bit % 8);
    const auto parsed = mr::tensor::compressed_tensor::parse(changed);
    if (!parsed) continue;
    bytes back(parsed->original_bytes());
    if (parsed->decompress(mr::tensor::mutable_tensor_view(parsed->dtype(), back.data(), parsed->layout())))
      REQUIRE(back == elements);
  }
}
