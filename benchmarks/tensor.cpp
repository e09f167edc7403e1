// The finite scan beside what the memory gives (a plain loop that only reads, memcpy) and the usual isnan loop; the
// codec beside zlib and libdeflate at levels 1 and 6, on activations after a ReLU (half zeros), dense normal floats,
// and integers that count up. Speeds are in bytes of the tensor, whichever way it goes; `ratio` is original to
// compressed. Four tensors of a kind take turns, so that nothing is learnt by heart.
#include <millrace/tensor/deflate.hpp>
#include <millrace/tensor/finite_scan.hpp>
#include <millrace/tensor/summary.hpp>
#include <millrace/tensor/view.hpp>

#include <benchmark/benchmark.h>
#include <libdeflate.h>
#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace mr = millrace;

namespace {

using bytes = std::vector<unsigned char>;

// ---- reading ----

const std::vector<float>& finite_floats(std::size_t size) {
  static std::vector<float> made;
  if (made.size() * sizeof(float) < size) {
    std::mt19937 engine(1);
    std::normal_distribution<float> normal;
    made.resize(size / sizeof(float));
    for (float& x : made) x = normal(engine);
  }
  return made;
}

/// The most that one core gets out of the memory without looking at it: four registers, or-ed together.
template <std::size_t Width>
[[gnu::always_inline]] inline std::uint64_t read_body(const unsigned char* data, std::size_t size) {
  using words = mr::detail::vector<std::uint64_t, Width>;
  words a{}, b{}, c{}, d{};
  for (std::size_t at = 0; at < size; at += 4 * Width) {
    words w, x, y, z;
    mr::detail::load_vector(w, data + at);
    mr::detail::load_vector(x, data + at + Width);
    mr::detail::load_vector(y, data + at + 2 * Width);
    mr::detail::load_vector(z, data + at + 3 * Width);
    a |= w;
    b |= x;
    c |= y;
    d |= z;
  }
  a |= b | c | d;
  std::uint64_t all = 0;
  for (std::size_t lane = 0; lane < Width / 8; ++lane) all |= a[lane];
  return all;
}
std::uint64_t read_16(const unsigned char* data, std::size_t size) { return read_body<16>(data, size); }
MILLRACE_X86_TARGET("avx2")
std::uint64_t read_32(const unsigned char* data, std::size_t size) { return read_body<32>(data, size); }

template <class Look>
void over_floats(benchmark::State& state, Look&& look) {
  const auto size = static_cast<std::size_t>(state.range(0));
  const std::vector<float>& values = finite_floats(size);
  for (auto _ : state) {
    auto seen = look(values.data(), size / sizeof(float));
    benchmark::DoNotOptimize(seen);
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
mr::tensor::tensor_view view_of(const float* data, std::size_t count) {
  return mr::tensor::basic_tensor_view(data, mr::tensor::tensor_shape{count});
}

void read_only(benchmark::State& state) {
  const auto read = mr::detail::cpu_has_avx2() ? &read_32 : &read_16;
  over_floats(state, [&](const float* data, std::size_t count) {
    return read(reinterpret_cast<const unsigned char*>(data), count * sizeof(float));
  });
}
void copy(benchmark::State& state) {
  bytes to(static_cast<std::size_t>(state.range(0)));
  over_floats(state, [&](const float* data, std::size_t count) {
    std::memcpy(to.data(), data, count * sizeof(float));
    return to.data();
  });
}
void find_non_finite(benchmark::State& state) {
  over_floats(state, [](const float* data, std::size_t count) { return mr::tensor::all_finite(view_of(data, count)); });
}
void isnan_loop(benchmark::State& state) {
  over_floats(state, [](const float* data, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
      if (std::isnan(data[i]) || std::isinf(data[i])) return false;
    return true;
  });
}
void summarize(benchmark::State& state) {
  over_floats(state,
              [](const float* data, std::size_t count) { return mr::tensor::summarize(view_of(data, count)).mean; });
}
void summary_loop(benchmark::State& state) {
  over_floats(state, [](const float* data, std::size_t count) {
    double sum = 0;
    double squares = 0;
    float low = std::numeric_limits<float>::infinity();
    float high = -low;
    std::size_t odd = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const float x = data[i];
      if (!std::isfinite(x)) {
        ++odd;
        continue;
      }
      sum += static_cast<double>(x);
      squares += static_cast<double>(x) * static_cast<double>(x);
      low = std::min(low, x);
      high = std::max(high, x);
    }
    return sum + std::sqrt(squares) + static_cast<double>(low + high) + static_cast<double>(odd);
  });
}

// ---- compressing ----

enum class data { relu, dense, ramp };

/// Four tensors of a kind, of which one after the other is taken.
const bytes& next_tensor(data kind, std::size_t size) {
  struct set {
    data kind;
    std::size_t size;
    bytes tensors[4];
  };
  static std::vector<std::unique_ptr<set>> sets;
  static std::size_t turn = 0;
  for (const auto& one : sets)
    if (one->kind == kind && one->size == size) return one->tensors[turn++ % 4];
  auto made = std::make_unique<set>();
  made->kind = kind;
  made->size = size;
  for (std::uint32_t n = 0; n < 4; ++n) {
    std::mt19937 engine(n + 1);
    std::normal_distribution<float> normal;
    bytes& tensor = made->tensors[n];
    tensor.resize(size);
    for (std::size_t i = 0; i < size / 4; ++i) {
      if (kind == data::ramp) {
        const auto x = static_cast<std::int32_t>(i + n * 1000);
        std::memcpy(&tensor[4 * i], &x, 4);
      } else {
        const float x = normal(engine);
        const float y = kind == data::relu ? std::max(0.0F, x) : x;
        std::memcpy(&tensor[4 * i], &y, 4);
      }
    }
  }
  sets.push_back(std::move(made));
  return sets.back()->tensors[turn++ % 4];
}
mr::tensor::tensor_view as_tensor(data kind, const bytes& elements) {
  return mr::tensor::tensor_view(kind == data::ramp ? mr::tensor::dtype::i32 : mr::tensor::dtype::f32, elements.data(),
                                 mr::tensor::tensor_layout::row_major({elements.size() / 4}));
}

bytes zlib_pack(const bytes& in, int level) {
  z_stream stream{};
  deflateInit2(&stream, level, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY);
  bytes out(deflateBound(&stream, in.size()));
  stream.next_in = const_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}
void zlib_unpack(const bytes& in, bytes& out) {
  z_stream stream{};
  inflateInit2(&stream, 31);
  stream.next_in = const_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  inflate(&stream, Z_FINISH);
  inflateEnd(&stream);
}
bytes libdeflate_pack(const bytes& in, int level) {
  auto* compressor = libdeflate_alloc_compressor(level);
  bytes out(libdeflate_gzip_compress_bound(compressor, in.size()));
  out.resize(libdeflate_gzip_compress(compressor, in.data(), in.size(), out.data(), out.size()));
  libdeflate_free_compressor(compressor);
  return out;
}
void libdeflate_unpack(const bytes& in, bytes& out) {
  auto* decompressor = libdeflate_alloc_decompressor();
  libdeflate_gzip_decompress(decompressor, in.data(), in.size(), out.data(), out.size(), nullptr);
  libdeflate_free_decompressor(decompressor);
}

template <class Pack>
void pack(benchmark::State& state, data kind, Pack&& pack_one) {
  const auto size = static_cast<std::size_t>(state.range(0));
  std::size_t packed = 0;
  next_tensor(kind, size);
  for (auto _ : state) packed = pack_one(next_tensor(kind, size));
  state.SetBytesProcessed(state.iterations() * state.range(0));
  state.counters["ratio"] = static_cast<double>(size) / static_cast<double>(packed);
}
template <class Pack, class Unpack>
void unpack(benchmark::State& state, data kind, Pack&& pack_one, Unpack&& unpack_one) {
  const auto size = static_cast<std::size_t>(state.range(0));
  using packed = decltype(pack_one(next_tensor(kind, size)));
  std::vector<packed> all;
  for (int n = 0; n < 4; ++n) all.push_back(pack_one(next_tensor(kind, size)));
  bytes out(size);
  std::size_t turn = 0;
  for (auto _ : state) {
    unpack_one(all[turn++ % 4], out);
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

void register_scans() {
  const auto sizes = [](benchmark::internal::Benchmark* b) {
    for (const std::int64_t size : {16 << 10, 256 << 10, 4 << 20, 64 << 20}) b->Arg(size);
  };
  benchmark::RegisterBenchmark("scan/read_only", read_only)->Apply(sizes);
  benchmark::RegisterBenchmark("scan/memcpy", copy)->Apply(sizes);
  benchmark::RegisterBenchmark("scan/find_non_finite", find_non_finite)->Apply(sizes);
  benchmark::RegisterBenchmark("scan/isnan_loop", isnan_loop)->Apply(sizes);
  benchmark::RegisterBenchmark("scan/summarize", summarize)->Apply(sizes);
  benchmark::RegisterBenchmark("scan/summary_loop", summary_loop)->Apply(sizes);
}

void register_codecs() {
  struct kind_name {
    data kind;
    const char* name;
  };
  for (const auto& [kind, kind_text] :
       {kind_name{data::relu, "relu"}, {data::dense, "dense"}, {data::ramp, "ramp_i32"}})
    for (const int level : {1, 6}) {
      const auto name = [&, text = kind_text](const char* what, const char* who) {
        return std::string(what) + '/' + text + '/' + who + '/' + std::to_string(level);
      };
      const auto sizes = [](benchmark::internal::Benchmark* b) {
        for (const std::int64_t size : {64 << 10, 4 << 20, 64 << 20}) b->Arg(size);
        b->Unit(benchmark::kMicrosecond);
      };
      // The slow ones get one size; it says all there is to say about them.
      const auto one_size = [](benchmark::internal::Benchmark* b) { b->Arg(4 << 20)->Unit(benchmark::kMicrosecond); };
      const auto ours = [kind = kind, level](const bytes& in) {
        return *mr::tensor::compress(as_tensor(kind, in), level);
      };
      benchmark::RegisterBenchmark(name("compress", "millrace").c_str(), [=, kind = kind](benchmark::State& state) {
        pack(state, kind, [&](const bytes& in) { return ours(in).compressed_bytes(); });
      })->Apply(sizes);
      benchmark::RegisterBenchmark(name("compress", "zlib").c_str(), [=, kind = kind](benchmark::State& state) {
        pack(state, kind, [&](const bytes& in) { return zlib_pack(in, level).size(); });
      })->Apply(one_size);
      benchmark::RegisterBenchmark(name("compress", "libdeflate").c_str(), [=, kind = kind](benchmark::State& state) {
        pack(state, kind, [&](const bytes& in) { return libdeflate_pack(in, level).size(); });
      })->Apply(one_size);

      benchmark::RegisterBenchmark(name("decompress", "millrace").c_str(), [=, kind = kind](benchmark::State& state) {
        unpack(state, kind, ours, [](const mr::tensor::compressed_tensor& in, bytes& out) {
          if (!in.decompress(mr::tensor::mutable_tensor_view(in.dtype(), out.data(), in.layout()))) std::abort();
        });
      })->Apply(sizes);
      benchmark::RegisterBenchmark(name("decompress", "zlib").c_str(), [=, kind = kind](benchmark::State& state) {
        unpack(state, kind, [&](const bytes& in) { return zlib_pack(in, level); }, zlib_unpack);
      })->Apply(one_size);
      benchmark::RegisterBenchmark(name("decompress", "libdeflate").c_str(), [=, kind = kind](benchmark::State& state) {
        unpack(state, kind, [&](const bytes& in) { return libdeflate_pack(in, level); }, libdeflate_unpack);
      })->Apply(one_size);
    }
}

}  // namespace

int main(int argc, char** argv) {
  register_scans();
  register_codecs();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
