#include <millrace/tensor/codec.hpp>

#include <support/catch.hpp>

#include <laws/codec.hpp>
#include <support/tensors.hpp>

#include <bit>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

namespace mr = millrace;
using support::data_kind;

namespace {

using bytes = std::vector<unsigned char>;

template <class T>
mr::tensor::tensor_view flat(const std::vector<T>& values) {
  return mr::tensor::basic_tensor_view(values.data(), mr::tensor::tensor_shape{values.size()});
}
mr::tensor::tensor_view flat(mr::tensor::dtype type, const bytes& elements) {
  return mr::tensor::tensor_view(type, elements.data(),
                                 mr::tensor::tensor_layout::row_major({elements.size() / mr::tensor::size_of(type)}));
}

/// A backend that can do nothing.
struct failing_deflate {
  mr::result<std::size_t> deflate(const unsigned char*, std::size_t, int, unsigned char*, std::size_t) const {
    return mr::error(mr::errc::unavailable, "out of order");
  }
};

/// Does to the bytes what `change` does; whatever comes of it, it must be an error or the same tensor.
template <class Change>
void check_survives(const mr::tensor::compressed_tensor& good, const bytes& original, Change&& change) {
  bytes changed(good.bytes().begin(), good.bytes().end());
  change(changed);
  // A heap block of exactly these bytes, so that a sanitizer sees the slightest step beyond them.
  const auto exact = std::make_unique<unsigned char[]>(changed.size() + 1);
  std::memcpy(exact.get(), changed.data(), changed.size());
  const auto parsed = mr::tensor::compressed_tensor::parse({exact.get(), changed.size()});
  if (!parsed) return;
  bytes back(parsed->original_bytes());
  const auto done = parsed->decompress(mr::tensor::mutable_tensor_view(parsed->dtype(), back.data(), parsed->layout()));
  if (done) REQUIRE(back == original);
}

}  // namespace

TEST_CASE("every dtype, kind of data, length and level comes back bit for bit") {
  for (const mr::tensor::dtype type : mr::tensor::all_dtypes)
    for (const data_kind kind : support::all_data_kinds)
      for (const std::size_t count :
           std::initializer_list<std::size_t>{0, 1, 2, 7, 8, 9, 15, 16, 17, 255, 1000, 4097}) {
        const bytes elements = support::make_elements(type, kind, count, count + 1);
        for (const int level : {0, 1, 6, 9})
          laws::codec_round_trip(flat(type, elements), level, mr::tensor::huffman_deflate{});
      }
}

TEST_CASE("tensors of many chunks come back, whatever stands at their seams") {
  for (const std::size_t count : std::initializer_list<std::size_t>{65527, 65528, 65529, 131056, 131057, 200001})
    for (const mr::tensor::dtype type :
         {mr::tensor::dtype::f32, mr::tensor::dtype::f64, mr::tensor::dtype::bf16, mr::tensor::dtype::u8})
      for (const data_kind kind : {data_kind::relu, data_kind::normal, data_kind::zeros, data_kind::ramp}) {
        const bytes elements = support::make_elements(type, kind, count);
        laws::codec_round_trip(flat(type, elements), 6, mr::tensor::huffman_deflate{});
      }
}

TEST_CASE("NaN payloads, negative zero, denormals and infinities keep their bits") {
  const std::vector<std::uint32_t> special = {0x7fc0'0001U, 0xffc0'1234U, 0x7f80'0001U, 0x8000'0000U, 0x0000'0001U,
                                              0x807f'ffffU, 0x7f80'0000U, 0xff80'0000U, 0x0000'0000U, 0x7fff'ffffU};
  for (const std::size_t repeats : std::initializer_list<std::size_t>{1, 50, 20'000}) {
    std::vector<float> values;
    for (std::size_t i = 0; i < repeats * special.size(); ++i)
      values.push_back(std::bit_cast<float>(i % 3 == 0 ? 0U : special[i % special.size()]));
    laws::codec_round_trip(flat(values), 6, mr::tensor::huffman_deflate{});
  }
}

TEST_CASE("shape, and the order of the axes in memory, come back too") {
  std::vector<float> values(4 * 5 * 6);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i % 7) - 3;
  for (const mr::tensor::tensor_layout& layout :
       {mr::tensor::tensor_layout::row_major({4, 5, 6}), mr::tensor::tensor_layout::column_major({4, 5, 6}),
        mr::tensor::tensor_layout(mr::tensor::tensor_shape{5, 4, 6}, {6, 30, 1}),
        mr::tensor::tensor_layout::row_major({120}), mr::tensor::tensor_layout::row_major({1, 120, 1}),
        mr::tensor::tensor_layout::row_major({2, 2, 1, 2, 3, 1, 1, 5}), mr::tensor::tensor_layout::row_major({3, 0, 2}),
        mr::tensor::tensor_layout::row_major({})}) {
    const mr::tensor::compressed_tensor made =
        laws::codec_round_trip(mr::tensor::basic_tensor_view(values.data(), layout), 6, mr::tensor::huffman_deflate{});
    for (std::size_t axis = 0; axis < layout.rank(); ++axis)
      if (layout.shape()[axis] > 1) CHECK(made.layout().stride(axis) == layout.stride(axis));
  }
}

TEST_CASE("strided tensors are compressed without their gaps, and decompress into any layout") {
  std::vector<double> storage(1000);
  for (std::size_t i = 0; i < storage.size(); ++i) storage[i] = static_cast<double>(i);
  for (const mr::tensor::tensor_layout& source : {mr::tensor::tensor_layout(mr::tensor::tensor_shape{7, 9}, {20, 2}),
                                                  mr::tensor::tensor_layout(mr::tensor::tensor_shape{7, 9}, {1, 30}),
                                                  mr::tensor::tensor_layout(mr::tensor::tensor_shape{7, 9}, {0, 1}),
                                                  mr::tensor::tensor_layout(mr::tensor::tensor_shape{7, 9}, {9, 1})}) {
    const mr::tensor::basic_tensor_view from(storage.data(), source);
    const mr::tensor::compressed_tensor made = laws::codec_round_trip(from, 6, mr::tensor::huffman_deflate{});
    for (const mr::tensor::tensor_layout& target :
         {mr::tensor::tensor_layout::row_major({7, 9}), mr::tensor::tensor_layout::column_major({7, 9}),
          mr::tensor::tensor_layout(mr::tensor::tensor_shape{7, 9}, {50, 5}),
          mr::tensor::tensor_layout(mr::tensor::tensor_shape{7, 9}, {-9, -1})}) {
      std::vector<double> back(1000, -1);
      const mr::tensor::basic_tensor_view to(back.data() + 500, target);
      REQUIRE(made.decompress(to));
      std::size_t wrong = 0;
      for (std::size_t r = 0; r < 7; ++r)
        for (std::size_t c = 0; c < 9; ++c) wrong += to(r, c) != from(r, c);
      CHECK(wrong == 0);
      std::size_t written = 0;
      for (const double x : back) written += x != -1;
      CHECK(written == 63);
    }
  }
}

TEST_CASE("the filter follows the data") {
  const auto filter_of = [](mr::tensor::dtype type, data_kind kind, int level = 6) {
    const bytes elements = support::make_elements(type, kind, 50'000);
    return mr::tensor::compress(flat(type, elements), level, mr::tensor::huffman_deflate{})->filter();
  };
  CHECK(filter_of(mr::tensor::dtype::f32, data_kind::normal) == mr::tensor::tensor_filter::planes);
  CHECK(filter_of(mr::tensor::dtype::f64, data_kind::normal) == mr::tensor::tensor_filter::planes);
  CHECK(filter_of(mr::tensor::dtype::bf16, data_kind::normal) == mr::tensor::tensor_filter::planes);
  CHECK(filter_of(mr::tensor::dtype::f32, data_kind::relu) == mr::tensor::tensor_filter::nonzero_planes);
  CHECK(filter_of(mr::tensor::dtype::f32, data_kind::sparse) == mr::tensor::tensor_filter::nonzero_planes);
  CHECK(filter_of(mr::tensor::dtype::f32, data_kind::random_bits) == mr::tensor::tensor_filter::none);
  CHECK(filter_of(mr::tensor::dtype::f32, data_kind::relu, 0) == mr::tensor::tensor_filter::none);
  CHECK(filter_of(mr::tensor::dtype::i32, data_kind::few_values) != mr::tensor::tensor_filter::none);
  CHECK(filter_of(mr::tensor::dtype::u8, data_kind::few_values) == mr::tensor::tensor_filter::none);
}

TEST_CASE("floats shrink to what their exponents' entropy says") {
  // Half zeros: 1 bit of bitmap and half of 23 bits of mantissa and about 2.6 of exponent; dense: sign too.
  const bytes relu = support::make_elements(mr::tensor::dtype::f32, data_kind::relu, 1'000'000);
  CHECK(mr::tensor::compress(flat(mr::tensor::dtype::f32, relu), 6, mr::tensor::huffman_deflate{})->ratio() > 2.2);
  CHECK(mr::tensor::compress(flat(mr::tensor::dtype::f32, relu), 1, mr::tensor::huffman_deflate{})->ratio() > 2.1);
  const bytes dense = support::make_elements(mr::tensor::dtype::f32, data_kind::normal, 1'000'000);
  CHECK(mr::tensor::compress(flat(mr::tensor::dtype::f32, dense), 1, mr::tensor::huffman_deflate{})->ratio() > 1.18);
  const bytes none = support::make_elements(mr::tensor::dtype::f32, data_kind::zeros, 1'000'000);
  CHECK(mr::tensor::compress(flat(mr::tensor::dtype::f32, none), 6, mr::tensor::huffman_deflate{})->ratio() > 500);
}

TEST_CASE("a level out of range, and a failing backend, are errors and say so") {
  const std::vector<float> values(4096, 1.0F);
  for (const int level : {-1, 10}) {
    const auto made = mr::tensor::compress(flat(values), level, mr::tensor::huffman_deflate{});
    REQUIRE_FALSE(made);
    CHECK(made.error().code() == mr::errc::invalid_argument);
  }
  // Noise, then the same noise again: only a search for matches helps, so the backend is asked.
  bytes twice = support::make_elements(mr::tensor::dtype::u8, data_kind::random_bits, 300);
  for (int i = 0; i < 6; ++i) twice.insert(twice.end(), twice.begin(), twice.begin() + 300);
  const auto made = mr::tensor::compress(flat(mr::tensor::dtype::u8, twice), 6, failing_deflate{});
  REQUIRE_FALSE(made);
  CHECK(made.error().code() == mr::errc::unavailable);
  CHECK(made.error().describe() == "compressing a tensor of shape [2100]: out of order");
}

TEST_CASE("decompressing as another dtype or shape is an error that names both") {
  const std::vector<float> values(6, 1.0F);
  const mr::tensor::compressed_tensor made = *mr::tensor::compress(flat(values), 6, mr::tensor::huffman_deflate{});
  std::vector<double> wide(6);
  const auto dtype = made.decompress(mr::tensor::basic_tensor_view(wide.data(), mr::tensor::tensor_shape{6}));
  REQUIRE_FALSE(dtype);
  CHECK(dtype.error().message() == "compressed tensor of f32 cannot be written as f64");
  std::vector<float> other(6);
  const auto shape = made.decompress(mr::tensor::basic_tensor_view(other.data(), mr::tensor::tensor_shape{2, 3}));
  REQUIRE_FALSE(shape);
  CHECK(shape.error().message() == "compressed tensor of shape [6] cannot be written as [2, 3]");
}

TEST_CASE("every truncation and every flipped bit is an error, or the same tensor") {
  for (const data_kind kind : {data_kind::relu, data_kind::normal, data_kind::random_bits, data_kind::few_values})
    for (const mr::tensor::dtype type : {mr::tensor::dtype::f32, mr::tensor::dtype::u8, mr::tensor::dtype::boolean}) {
      const bytes elements = support::make_elements(type, kind, 150);
      const mr::tensor::compressed_tensor good =
          laws::codec_round_trip(flat(type, elements), 6, mr::tensor::huffman_deflate{});
      for (std::size_t size = 0; size < good.compressed_bytes(); ++size) {
        const auto parsed = mr::tensor::compressed_tensor::parse(good.bytes().first(size));
        REQUIRE_FALSE(parsed);
        check_survives(good, elements, [&](bytes& b) { b.resize(size); });
      }
      for (std::size_t bit = 0; bit < 8 * good.compressed_bytes(); ++bit)
        check_survives(good, elements,
                       [&](bytes& b) { b[bit / 8] = static_cast<unsigned char>(b[bit / 8] ^ 1U << bit % 8); });
    }
}

TEST_CASE("bytes that follow, parts that are missing or change places are found out") {
  const bytes elements = support::make_elements(mr::tensor::dtype::f32, data_kind::relu, 150'000);
  const mr::tensor::compressed_tensor good =
      *mr::tensor::compress(flat(mr::tensor::dtype::f32, elements), 1, mr::tensor::huffman_deflate{});
  REQUIRE(good.filter() == mr::tensor::tensor_filter::nonzero_planes);
  bytes longer(good.bytes().begin(), good.bytes().end());
  longer.push_back(0);
  CHECK(mr::tensor::compressed_tensor::parse(longer).error().code() == mr::errc::corrupt);

  // Where each part stands.
  std::vector<std::size_t> at = {mr::tensor::detail::header_size(1)};
  while (at.back() < good.compressed_bytes())
    at.push_back(at.back() + 20 + mr::tensor::detail::get<std::uint32_t>(good.bytes().data() + at.back() + 16) + 8);
  REQUIRE(at.size() == 3 * 5 + 1);
  const auto part = [&](std::size_t n) {
    return bytes(good.bytes().begin() + static_cast<std::ptrdiff_t>(at[n]),
                 good.bytes().begin() + static_cast<std::ptrdiff_t>(at[n + 1]));
  };
  bytes swapped(good.bytes().begin(), good.bytes().begin() + static_cast<std::ptrdiff_t>(at[0]));
  for (const std::size_t n : std::initializer_list<std::size_t>{0, 2, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13,
                                                                14}) {  // two planes of one chunk
    const bytes next = part(n);
    swapped.insert(swapped.end(), next.begin(), next.end());
  }
  const auto parsed = mr::tensor::compressed_tensor::parse(swapped);
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().code() == mr::errc::checksum_mismatch);
}

TEST_CASE("a header that lies about sizes gets no memory for it") {
  const std::vector<float> values(1000, 2.5F);
  const mr::tensor::compressed_tensor good = *mr::tensor::compress(flat(values), 6, mr::tensor::huffman_deflate{});
  const auto with = [&](std::size_t offset, std::uint64_t value, std::size_t size) {
    bytes b(good.bytes().begin(), good.bytes().end());
    std::memcpy(&b[16 + offset], &value, size);
    const std::size_t payload = mr::tensor::detail::header_payload(1);
    const std::uint32_t crc = mr::tensor::detail::crc32(0, &b[16], payload - 4);  // a liar who knows the format
    std::memcpy(&b[16 + payload - 4], &crc, 4);
    return mr::tensor::compressed_tensor::parse(b);
  };
  REQUIRE(with(5, 1000, 8));
  CHECK_FALSE(with(5, 1001, 8));
  CHECK_FALSE(with(5, std::uint64_t{1} << 40, 8));
  CHECK_FALSE(with(5, ~std::uint64_t{0}, 8));
  CHECK_FALSE(with(5, 0, 8));
  CHECK_FALSE(with(13, 0, 4));             // no elements a chunk
  CHECK_FALSE(with(13, 0xffff'ffffU, 4));  // too many
  CHECK_FALSE(with(13, 1, 4));             // more chunks than there are parts
  CHECK_FALSE(with(4, 1, 1));              // an axis that is none
  CHECK(with(0, 2, 1).error().code() == mr::errc::unsupported);
  CHECK(with(1, 99, 1).error().code() == mr::errc::unsupported);
  CHECK(with(2, 3, 1).error().code() == mr::errc::unsupported);
  CHECK(mr::tensor::compressed_tensor::parse({}).error().code() == mr::errc::truncated);
}

TEST_CASE("a boolean that is neither 0 nor 1 does not come out of a compressed tensor") {
  const bytes twos(64, 2);
  const mr::tensor::tensor_view lying(mr::tensor::dtype::boolean, twos.data(),
                                      mr::tensor::tensor_layout::row_major({64}));
  const auto made = mr::tensor::compress(lying, 6, mr::tensor::huffman_deflate{});
  REQUIRE(made);
  bool back[64];
  const auto done = made->decompress(mr::tensor::basic_tensor_view(&back[0], mr::tensor::tensor_shape{64}));
  REQUIRE_FALSE(done);
  CHECK(done.error().code() == mr::errc::corrupt);
}

TEST_CASE("the format is what it was: version 1's bytes are read, and still written") {
  struct row {
    const char* name;
    mr::tensor::dtype type;
    data_kind kind;
    mr::tensor::tensor_layout layout;
    int level;
  };
  const row rows[] = {
      {"relu_f32", mr::tensor::dtype::f32, data_kind::relu, mr::tensor::tensor_layout::row_major({20, 30}), 6},
      {"normal_bf16", mr::tensor::dtype::bf16, data_kind::normal, mr::tensor::tensor_layout::column_major({25, 16}), 1},
      {"few_values_i64", mr::tensor::dtype::i64, data_kind::few_values, mr::tensor::tensor_layout::row_major({300}), 9},
      {"random_u8", mr::tensor::dtype::u8, data_kind::random_bits, mr::tensor::tensor_layout::row_major({5, 5, 5}), 6},
      {"empty_f64", mr::tensor::dtype::f64, data_kind::zeros, mr::tensor::tensor_layout::row_major({0, 3}), 6},
  };
  for (const row& r : rows) {
    const std::string path = std::string(MILLRACE_GOLDEN_DIR) + "/tensor/" + r.name + ".gz";
    INFO(path);
    const bytes elements = support::make_elements(r.type, r.kind, r.layout.element_count());
    const auto made = mr::tensor::compress(mr::tensor::tensor_view(r.type, elements.data(), r.layout), r.level,
                                           mr::tensor::huffman_deflate{});
    REQUIRE(made);
    std::ifstream file(path, std::ios::binary);
    const bytes golden{std::istreambuf_iterator<char>(file), {}};
    REQUIRE(golden.size() > 0);
    const auto parsed = mr::tensor::compressed_tensor::parse(golden);
    REQUIRE(parsed);
    CHECK(parsed->shape() == r.layout.shape());
    CHECK(parsed->dtype() == r.type);
    bytes back(parsed->original_bytes());
    REQUIRE(parsed->decompress(mr::tensor::mutable_tensor_view(r.type, back.data(), r.layout)));
    CHECK((back == elements));
    CHECK((golden == bytes(made->bytes().begin(), made->bytes().end())));
  }
}
