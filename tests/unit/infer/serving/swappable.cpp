#include <millrace/infer/serving/swappable.hpp>

#include <millrace/infer/serving/batcher.hpp>
#include <millrace/model/linear.hpp>

#include <support/allocation_counter.hpp>
#include <support/catch.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace mi = millrace::infer;
namespace mm = millrace::model;
namespace mr = millrace;

namespace {

std::atomic<int> alive{0};

/// Predicts its own number for every row, and knows how many of its kind there are.
class numbered {
 public:
  explicit numbered(double number, std::size_t inputs = 1) : number_(number), inputs_(inputs) { ++alive; }
  numbered(numbered&& other) noexcept : number_(other.number_), inputs_(other.inputs_) { ++alive; }
  ~numbered() {
    number_ = -1;
    --alive;
  }
  std::size_t inputs() const noexcept { return inputs_; }
  std::size_t outputs() const noexcept { return 1; }
  void predict(std::span<const float>, std::span<double> out) const noexcept { out[0] = number_; }
  void predict(const mm::matrix_view& rows, std::span<double> out) const noexcept {
    for (std::size_t i = 0; i < rows.rows(); ++i) out[i] = number_;
  }

 private:
  double number_;
  std::size_t inputs_;
};

constexpr std::array<float, 1> row{0};

static_assert(mm::predictor<mi::swappable<numbered>>);
static_assert(mm::predictor<mi::swappable<mm::ridge>>);

}  // namespace

TEST_CASE("swappable: a new version is seen at once, and the old one is destroyed if nobody uses it") {
  {
    mi::swappable live{numbered(1)};
    CHECK(live.version() == 1);
    std::array<double, 1> out{};
    live.predict(row, out);
    CHECK(out[0] == 1);
    CHECK(*live.swap(numbered(2)) == 2);
    CHECK(alive == 1);
    live.predict(mm::matrix_view(row, 1), out);
    CHECK(out[0] == 2);
    CHECK(*live.swap(numbered(3)) == 3);
    CHECK(live.version() == 3);
    CHECK(live.versions() == 1);
    CHECK(support::allocations_of([&] { live.predict(row, out); }) == 0);
  }
  CHECK(alive == 0);
}

TEST_CASE("swappable: a version that is pinned stays until its last reader leaves") {
  mi::swappable live{numbered(1)};
  auto first = std::optional(live.pin());
  auto second = std::optional(live.pin());
  REQUIRE(live.swap(numbered(2)));
  CHECK(alive == 2);
  std::array<double, 1> out{};
  (*first)->predict(row, out);
  CHECK(out[0] == 1);
  CHECK(first->version() == 1);
  first.reset();
  CHECK(alive == 2);
  auto moved = std::move(*second);
  second.reset();
  CHECK(alive == 2);
  moved = live.pin();
  CHECK(alive == 1);
  CHECK(moved.version() == 2);
}

TEST_CASE("swappable: what does not load, or has another shape, leaves the version that is there") {
  mi::swappable live{numbered(1)};
  const auto missing = live.swap(mr::result<numbered>(mr::error(mr::errc::not_found, "no such file: 2.onnx")));
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code() == mr::errc::not_found);
  CHECK(missing.error().describe() == "version 1 stays, the next did not load: no such file: 2.onnx");
  const auto wider = live.swap(numbered(2, 3));
  REQUIRE_FALSE(wider);
  CHECK(wider.error().code() == mr::errc::shape_mismatch);
  CHECK_THAT(wider.error().message(), ContainsSubstring("takes 3 columns for 1 outputs, and not 1 for 1"));
  std::array<double, 1> out{};
  live.predict(row, out);
  CHECK(out[0] == 1);
  CHECK(live.version() == 1);
  CHECK(*live.swap(mr::result<numbered>(numbered(2))) == 2);
  CHECK(alive == 1);
}

TEST_CASE("swappable: more versions in use than there is room for are an error, and room comes back") {
  using live_type = mi::swappable<numbered>;
  live_type live{numbered(1)};
  std::vector<live_type::pinned> held;
  for (std::size_t i = 1; i < live_type::max_versions; ++i) {
    held.push_back(live.pin());
    REQUIRE(live.swap(numbered(static_cast<double>(i + 1))));
  }
  held.push_back(live.pin());
  CHECK(live.versions() == live_type::max_versions);
  const auto full = live.swap(numbered(0));
  REQUIRE_FALSE(full);
  CHECK(full.error().code() == mr::errc::unavailable);
  held.erase(held.begin() + 5);
  CHECK(*live.swap(numbered(99)) == live_type::max_versions + 1);
  held.clear();
  CHECK(live.versions() == 1);
  CHECK(alive == 1);
}

TEST_CASE("swappable: 1,000 swaps under load lose and mix nothing: each batch is of the version that it names") {
  {
    mi::swappable live{numbered(1)};
    mi::batcher serve{live, mi::batcher_options{.max_rows = 8, .concurrency = 2, .patience = 3}};
    std::atomic<bool> stops{false};
    std::atomic<int> wrong{0};
    std::atomic<std::uint64_t> done{0};
    std::vector<std::thread> readers;
    for (int t = 0; t < 8; ++t)
      readers.emplace_back([&] {
        std::uint64_t newest = 0;
        const std::array<float, 3> rows{};
        while (!stops) {
          std::array<double, 3> out{};
          const mi::served one = serve(mm::matrix_view(rows, 1), out);
          const auto expected = static_cast<double>(one.version);
          if (!one || out != std::array<double, 3>{expected, expected, expected} || one.version < newest) ++wrong;
          newest = one.version;
          const auto pinned = live.pin();
          std::array<double, 1> alone{};
          pinned->predict(row, alone);
          if (alone[0] != static_cast<double>(pinned.version()) || pinned.version() < newest) ++wrong;
          ++done;
        }
      });
    for (std::uint64_t i = 0; i < 1000; ++i) {
      const std::uint64_t before = done;
      const auto version = live.swap(numbered(static_cast<double>(i + 2)));
      if (!version || *version != i + 2) ++wrong;
      while (done < before + 2) std::this_thread::yield();
    }
    stops = true;
    for (std::thread& one : readers) one.join();
    CHECK(wrong == 0);
    CHECK(live.version() == 1001);
    CHECK(live.versions() == 1);
    CHECK(alive == 1);
    CHECK(serve.refused() == 0);
  }
  CHECK(alive == 0);
}
