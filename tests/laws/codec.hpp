#ifndef MILLRACE_TESTS_LAWS_CODEC_HPP
#define MILLRACE_TESTS_LAWS_CODEC_HPP

#include <millrace/tensor/codec.hpp>
#include <support/catch.hpp>

#include <cstring>
#include <vector>

namespace laws {

/// The bytes of a view's elements in memory order, one by one: slow and plain.
inline std::vector<unsigned char> elements_of(const millrace::tensor::tensor_view& view) {
  std::vector<unsigned char> bytes;
  const std::size_t size = millrace::tensor::size_of(view.dtype());
  for (std::size_t flat = 0; flat < view.size(); ++flat) {
    const std::ptrdiff_t offset = view.layout().offset(view.layout().position(flat));
    const unsigned char* at =
        static_cast<const unsigned char*>(view.data()) + offset * static_cast<std::ptrdiff_t>(size);
    bytes.insert(bytes.end(), at, at + size);
  }
  return bytes;
}

/// What holds for every tensor, level and backend. Returns the compressed tensor for further checks.
///
/// - decompress(compress(t)) is t, bit for bit, and of t's shape, dtype and order of axes
/// - parse(bytes) is the same tensor again
/// - the same tensor gives the same bytes
/// - compressed is never larger than the elements by more than 0.2 % and 512 bytes
template <class Backend>
millrace::tensor::compressed_tensor codec_round_trip(const millrace::tensor::tensor_view& tensor, int level,
                                                     const Backend& backend) {
  namespace mr = millrace;
  const std::vector<unsigned char> original = elements_of(tensor);
  auto made = mr::tensor::compress(tensor, level, backend);
  REQUIRE(made);
  CHECK(made->shape() == tensor.shape());
  CHECK(made->dtype() == tensor.dtype());
  CHECK(made->layout().order() == tensor.layout().order());
  CHECK(made->original_bytes() == original.size());
  CHECK(made->compressed_bytes() == made->bytes().size());
  CHECK(static_cast<double>(made->compressed_bytes()) <= static_cast<double>(original.size()) * 1.002 + 512);

  const auto check_decompresses = [&](const mr::tensor::compressed_tensor& compressed) {
    std::vector<unsigned char> back(original.size() + 1, 0xa5);
    const auto done =
        compressed.decompress(mr::tensor::mutable_tensor_view(tensor.dtype(), back.data(), compressed.layout()));
    REQUIRE(done);
    CHECK(back.back() == 0xa5);
    back.pop_back();
    REQUIRE(back == original);
  };
  check_decompresses(*made);

  const auto parsed = mr::tensor::compressed_tensor::parse(made->bytes());
  REQUIRE(parsed);
  CHECK(parsed->shape() == made->shape());
  CHECK(parsed->filter() == made->filter());
  CHECK(parsed->checksum() == made->checksum());
  check_decompresses(*parsed);

  const auto again = mr::tensor::compress(tensor, level, backend);
  REQUIRE(again);
  REQUIRE(again->bytes().size() == made->bytes().size());
  CHECK(std::memcmp(again->bytes().data(), made->bytes().data(), made->bytes().size()) == 0);
  return std::move(*made);
}

}  // namespace laws

#endif  // MILLRACE_TESTS_LAWS_CODEC_HPP
