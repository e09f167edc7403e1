#include <millrace/middleware/compression.hpp>

#include <support/catch.hpp>

#include <millrace/chain/chain.hpp>
#include <millrace/chain/share.hpp>
#include <millrace/middleware/validation.hpp>
#include <millrace/tensor/deflate.hpp>
#include <millrace/tensor/eigen.hpp>
#include <support/temp_dir.hpp>
#include <support/tensors.hpp>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

namespace mr = millrace;

namespace {

using matrix = Eigen::MatrixXf;
using packed = mr::tensor::compressible<matrix>;

inline constexpr mr::field<"batch", matrix> batch;
inline constexpr mr::field<"activations", std::vector<packed>> activations;
inline constexpr mr::field<"hidden", packed> hidden;
inline constexpr mr::field<"norm", double> norm;

/// Half zeros, as after a ReLU.
matrix relu_like(Eigen::Index rows, Eigen::Index columns) {
  std::srand(7);
  return matrix::Random(rows, columns).cwiseMax(0.0F);
}

struct forward {
  using reads = mr::fields<batch>;
  using writes = mr::fields<activations, hidden>;
  static constexpr bool thread_safe = true;
  void operator()(auto& ctx) const {
    ctx[activations].assign(2, packed(ctx[batch]));
    ctx[hidden] = ctx[batch];
  }
};
struct use_hidden {
  using reads = mr::fields<hidden>;
  using writes = mr::fields<norm>;
  static constexpr bool thread_safe = true;
  mr::result<void> operator()(auto& ctx) const {
    if (ctx[hidden].is_compressed()) return mr::error(mr::errc::invalid_data, "compressed too early");
    ctx[norm] = static_cast<double>(ctx[hidden].plain()->norm());
    return {};
  }
};

bool same_bits(const matrix& a, const matrix& b) {
  return a.rows() == b.rows() && a.cols() == b.cols() &&
         std::memcmp(a.data(), b.data(), static_cast<std::size_t>(a.size()) * sizeof(float)) == 0;
}

struct only_matrix {
  using reads = mr::fields<>;
  using writes = mr::fields<batch>;
  void operator()(auto& ctx) const { ctx[batch] = matrix::Ones(64, 64); }
};

}  // namespace

TEST_CASE("named fields are compressed in their slots, and come back bit for bit") {
  auto chain = mr::chain(forward{}, use_hidden{}).use(mr::compression<activations>{});
  const matrix start = relu_like(64, 64);
  auto ctx = chain.context(batch = start);
  REQUIRE(chain(ctx));
  for (packed& kept : ctx[activations]) {
    CHECK(kept.is_compressed());
    CHECK(kept.plain() == nullptr);  // one form, never both
    auto back = kept.get();
    REQUIRE(back);
    CHECK(same_bits(**back, start));
  }
  CHECK_FALSE(ctx[hidden].is_compressed());
}

TEST_CASE("without names every compressible from the threshold on is, after its last use") {
  auto chain = mr::chain(forward{}, use_hidden{}).use(mr::compression<>{{.threshold_bytes = 1}});
  auto ctx = chain.context(batch = relu_like(32, 16));
  REQUIRE(chain(ctx));
  CHECK(ctx[activations][0].is_compressed());
  CHECK(ctx[hidden].is_compressed());
  CHECK(ctx[norm] > 0);
  REQUIRE(chain(ctx));  // and the slots serve again
  CHECK(ctx[hidden].is_compressed());
}

TEST_CASE("tensors below the threshold stay as they are and are counted") {
  auto chain = mr::chain(forward{}, use_hidden{}).use(mr::compression<>{});
  auto ctx = chain.context(batch = relu_like(32, 16));
  REQUIRE(chain(ctx));
  CHECK_FALSE(ctx[hidden].is_compressed());
  const auto statistics = chain.get<"compression">().statistics();
  CHECK(statistics.tensors == 0);
  CHECK(statistics.skipped == 3);
  CHECK(statistics.ratio() == 1.0);
}

TEST_CASE("NaN payloads, negative zero and denormals survive") {
  matrix odd = relu_like(40, 40);
  const std::uint32_t bits[] = {0x7fc00001, 0xffc12345, 0x7f800001, 0x80000000, 0x00000001, 0x807fffff, 0x7f800000};
  std::memcpy(odd.data(), bits, sizeof bits);
  auto chain = mr::chain(forward{}, use_hidden{}).use(mr::compression<hidden>{{.level = 9, .threshold_bytes = 0}});
  auto ctx = chain.context(batch = odd);
  REQUIRE(chain(ctx));
  REQUIRE(ctx[hidden].is_compressed());
  CHECK(same_bits(**ctx[hidden].get(), odd));
}

TEST_CASE("statistics add up and are told in words and as JSON") {
  auto chain = mr::chain(forward{}, use_hidden{}).use(mr::compression<activations>{});
  auto ctx = chain.context(batch = relu_like(256, 256));
  for (int i = 0; i < 3; ++i) REQUIRE(chain(ctx));
  const auto statistics = chain.get<"compression">().statistics();
  CHECK(statistics.tensors == 6);
  CHECK(statistics.original_bytes == 6 * 256 * 256 * 4);
  CHECK(statistics.compressed_bytes == 6 * ctx[activations][0].compressed()->bytes().size());
  CHECK(statistics.ratio() > 1.5);
  CHECK(statistics.report().find(
            "tensors compressed  6 (0 below the threshold, 0 would not shrink)\noriginal size       1.50 MiB") == 0);
  CHECK(nlohmann::json::parse(to_json(statistics))["tensors"] == 6);
}

TEST_CASE("a level that does not exist fails the event and keeps the tensor") {
  auto chain = mr::chain(forward{}, use_hidden{}).use(mr::compression<hidden>{{.level = 12, .threshold_bytes = 0}});
  auto ctx = chain.context(batch = relu_like(8, 8));
  const auto done = chain(ctx);
  REQUIRE_FALSE(done);
  CHECK(done.error().code() == mr::errc::invalid_argument);
  CHECK(done.error().describe().find("field \"hidden\" could not be compressed") != std::string::npos);
  CHECK(ctx[hidden].plain() != nullptr);
}

TEST_CASE("inside it, validation sees the tensors as they are") {
  matrix bad = relu_like(64, 64);
  bad(3, 5) = std::numeric_limits<float>::quiet_NaN();
  auto chain = mr::chain(forward{}, use_hidden{})
                   .use(mr::validation<mr::lenient>{})
                   .use(mr::compression<>{{.threshold_bytes = 1}});
  auto ctx = chain.context(batch = bad);
  REQUIRE(chain(ctx));
  // The batch at the start, each of three copies in two fields (first tensor of a field counts), and the norm.
  CHECK(chain.get<"validation">().error_count() == 4);
}

TEST_CASE("a tensor that would not become smaller stays as it is and is counted") {
  const auto noise = support::make_elements(mr::tensor::dtype::f32, support::data_kind::random_bits, 128 * 64);
  matrix start(128, 64);
  std::memcpy(start.data(), noise.data(), noise.size());
  auto chain = mr::chain(forward{}, use_hidden{}).use(mr::compression<activations>{});
  auto ctx = chain.context(batch = start);
  REQUIRE(chain(ctx));
  CHECK(ctx[activations][0].plain() != nullptr);
  CHECK(chain.get<"compression">().statistics().kept == 2);
  CHECK(chain.get<"compression">().statistics().tensors == 0);
}

TEST_CASE("a backend that fails fails the event, and the tensor stays") {
  struct broken_deflate {
    mr::result<std::size_t> deflate(const unsigned char*, std::size_t, int, unsigned char*, std::size_t) const {
      return mr::error(mr::errc::unavailable, "out of order");
    }
  };
  // The same column again and again: only a search for matches helps, so the backend is asked.
  const auto noise = support::make_elements(mr::tensor::dtype::f32, support::data_kind::random_bits, 100);
  matrix start(100, 1000);
  for (Eigen::Index c = 0; c < start.cols(); ++c) std::memcpy(start.data() + c * 100, noise.data(), noise.size());
  using hidden_field = std::remove_cv_t<decltype(hidden)>;
  auto chain = mr::chain(forward{}, use_hidden{}).use(mr::basic_compression<broken_deflate, hidden_field>{});
  auto ctx = chain.context(batch = start);
  const auto done = chain(ctx);
  REQUIRE_FALSE(done);
  CHECK(done.error().code() == mr::errc::unavailable);
  CHECK(ctx[hidden].plain() != nullptr);
  auto without =
      mr::chain(forward{}, use_hidden{}).use(mr::basic_compression<mr::tensor::huffman_deflate, hidden_field>{});
  CHECK(without(ctx));  // no third party, and nothing that it could do
}

TEST_CASE("gunzip reads what stands in a slot") {
  auto chain = mr::chain(forward{}, use_hidden{}).use(mr::compression<hidden>{});
  auto ctx = chain.context(batch = relu_like(300, 200));
  REQUIRE(chain(ctx));
  const mr::tensor::compressed_tensor& tensor = *ctx[hidden].compressed();
  support::temp_dir folder;
  const std::string path = folder / "hidden.gz";
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(tensor.bytes().data()), static_cast<std::streamsize>(tensor.bytes().size()));
  std::FILE* pipe = ::popen(("gzip -dc '" + path + "'").c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::vector<unsigned char> printed(std::size_t{1} << 20);
  printed.resize(std::fread(printed.data(), 1, printed.size(), pipe));
  CHECK(::pclose(pipe) == 0);
  CHECK(static_cast<std::uint32_t>(::crc32(0, printed.data(), static_cast<uInt>(printed.size()))) == tensor.checksum());
}

TEST_CASE("several threads compress through one chain, and the figures add up") {
  auto chain = mr::chain(forward{}, use_hidden{}).use(mr::compression<activations, hidden>{});
  const matrix start = relu_like(64, 64);
  std::vector<std::thread> threads;
  std::atomic<int> good{0};
  for (int n = 0; n < 4; ++n)
    threads.emplace_back([&] {
      auto mine = mr::share(chain);
      auto ctx = chain.context(batch = start);
      for (int i = 0; i < 20; ++i)
        if (mine(ctx) && same_bits(**ctx[hidden].get(), start)) good.fetch_add(1);
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(good == 80);
  CHECK(chain.get<"compression">().statistics().tensors == 240);
  CHECK(chain.get<"compression">().statistics().original_bytes == 240 * 64 * 64 * 4);
}

TEST_CASE("where no field of the chain can be compressed, the report says so") {
  auto chain = mr::chain(only_matrix{}).use(mr::compression<>{{.threshold_bytes = 1}});
  CHECK_FALSE(chain.get<"compression">().statistics().unused);  // nothing has run
  auto ctx = chain.context();
  REQUIRE(chain(ctx));
  const auto statistics = chain.get<"compression">().statistics();
  CHECK(statistics.unused);
  CHECK_THAT(statistics.report(), ContainsSubstring("no field of this chain can be compressed"));

  auto other = mr::chain(forward{}, use_hidden{}).use(mr::compression<>{});
  auto given = other.context(batch = matrix::Ones(2, 2));
  REQUIRE(other(given));
  CHECK_FALSE(other.get<"compression">().statistics().unused);
}

TEST_CASE("small sizes are told in KiB") {
  mr::compression_statistics statistics;
  statistics.original_bytes = 4096;
  statistics.compressed_bytes = 1024;
  CHECK_THAT(statistics.report(),
             ContainsSubstring("original size       4.00 KiB") && ContainsSubstring("3.00 KiB (75.0 %)"));
}
