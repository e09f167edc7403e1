// The first byte says what the others are:
//   0: a compressed tensor. Parsing and decompressing end in an error or in a tensor, which then survives a round trip.
//   1: a DEFLATE stream and, in two bytes, the size that it should have: our decoder and zlib agree on it.
//   2: a tensor's elements, a dtype and a level: what is compressed comes back.
//   3: a compressed tensor whose checksums are put right first, so that what is behind them is reached.
#include <millrace/tensor/deflate.hpp>

#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <span>
#include <vector>

namespace mr = millrace;
using bytes = std::vector<unsigned char>;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void round_trip(const mr::tensor::tensor_view& tensor, int level) {
  const auto made = mr::tensor::compress(tensor, level);
  require(made.has_value());
  const auto parsed = mr::tensor::compressed_tensor::parse(made->bytes());
  require(parsed.has_value());
  bytes back(tensor.size_bytes());
  const auto done = parsed->decompress(mr::tensor::mutable_tensor_view(tensor.dtype(), back.data(), parsed->layout()));
  require(done.has_value());
  require(back.empty() || std::memcmp(back.data(), tensor.data(), back.size()) == 0);
}

void read_tensor(std::span<const unsigned char> in) {
  const auto parsed = mr::tensor::compressed_tensor::parse(in);
  if (!parsed) return;
  if (parsed->original_bytes() > std::size_t{1} << 26) return;  // honest, but not worth the time
  bytes back(parsed->original_bytes());
  const mr::tensor::mutable_tensor_view to(parsed->dtype(), back.data(), parsed->layout());
  if (parsed->decompress(to)) round_trip(to, 6);
}

void inflate_both(std::span<const unsigned char> in) {
  if (in.size() < 2) return;
  const std::size_t size = in[0] | static_cast<std::size_t>(in[1]) << 8;
  const std::size_t deflated = in.size() - 2;
  const auto exact = std::make_unique<unsigned char[]>(deflated + 8);
  std::memcpy(exact.get(), in.data() + 2, deflated);
  bytes ours(size + mr::tensor::detail::inflate_slack);
  const auto inflater = std::make_unique<mr::tensor::detail::inflater>();
  const bool we = inflater->inflate(exact.get(), deflated, ours.data(), size);

  bytes theirs(size + 1);
  z_stream stream{};
  require(inflateInit2(&stream, -15) == Z_OK);
  stream.next_in = exact.get();
  stream.avail_in = static_cast<uInt>(deflated);
  stream.next_out = theirs.data();
  stream.avail_out = static_cast<uInt>(theirs.size());
  const bool they = inflate(&stream, Z_FINISH) == Z_STREAM_END && stream.avail_in == 0 && stream.total_out == size;
  inflateEnd(&stream);
  require(we == they);
  require(!we || std::memcmp(ours.data(), theirs.data(), size) == 0);
}

void compress_elements(std::span<const unsigned char> in) {
  if (in.size() < 2) return;
  const mr::tensor::dtype type = mr::tensor::all_dtypes[in[0] % 12];  // all but bool, whose bytes are not free
  const int level = in[1] % 10;
  const std::size_t count = (in.size() - 2) / mr::tensor::size_of(type);
  const bytes elements(in.begin() + 2, in.end());
  round_trip(mr::tensor::tensor_view(type, elements.data(), mr::tensor::tensor_layout::row_major({count})), level);
}

/// Recomputes the checksums of the header and of the parts, as far as both can be found.
void put_right(bytes& b) {
  namespace d = mr::tensor::detail;
  if (b.size() < d::header_size(0)) return;
  const std::size_t extra = d::get<std::uint16_t>(&b[10]);
  if (extra < 28 || b.size() < 12 + extra + 10) return;
  std::uint32_t all = 0;
  std::uint64_t filtered = 0;
  for (std::size_t at = 12 + extra + 10; at + 28 <= b.size();) {
    const std::size_t deflated = d::get<std::uint32_t>(&b[at + 16]);
    if (deflated > b.size() - at - 28) return;
    unsigned char* tail = &b[at + 20 + deflated];
    const std::size_t size = d::get<std::uint32_t>(tail + 4);
    if (size > std::size_t{1} << 20) return;
    bytes out(size + d::inflate_slack);
    const auto inflater = std::make_unique<d::inflater>();
    if (inflater->inflate(&b[at + 20], deflated, out.data(), size)) d::put(tail, d::crc32(0, out.data(), size));
    all = d::crc32_combine(all, d::get<std::uint32_t>(tail), size);
    filtered += size;
    at += 28 + deflated;
  }
  unsigned char* end = &b[12 + extra];
  d::put(end - 8, all);
  d::put(end - 16, filtered);
  d::put(end - 4, d::crc32(0, &b[16], static_cast<std::size_t>(end - 4 - &b[16])));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::span<const unsigned char> rest(data + 1, size - 1);
  switch (data[0] % 4) {
    case 0: read_tensor(rest); break;
    case 1: inflate_both(rest); break;
    case 2: compress_elements(rest); break;
    default: {
      bytes changed(rest.begin(), rest.end());
      put_right(changed);
      read_tensor(changed);
    }
  }
  return 0;
}
