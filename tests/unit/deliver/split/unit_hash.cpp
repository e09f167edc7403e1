#include <millrace/deliver/split/unit_hash.hpp>

#include <support/allocations.hpp>
#include <support/catch.hpp>

#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>

namespace md = millrace::deliver;

namespace {

/// The bytes that hexadecimal digits stand for; "-" stands for none.
std::string bytes(const std::string& digits) {
  std::string made;
  for (std::size_t i = 0; digits != "-" && i < digits.size(); i += 2)
    made += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
  return made;
}

/// Pearson's statistic of `counts` against equal shares, in standard deviations from its mean.
template <std::size_t Cells>
double unevenness(const std::array<std::uint32_t, Cells>& counts) {
  double total = 0;
  for (const auto count : counts) total += count;
  const double expected = total / Cells;
  double sum = 0;
  for (const auto count : counts) sum += (count - expected) * (count - expected) / expected;
  return (sum - (Cells - 1)) / std::sqrt(2.0 * (Cells - 1));
}

static_assert(md::unit_hash("", "") == md::unit_hash(md::salt(""), std::string_view()));
static_assert(md::unit_hash("a", 42) == md::unit_hash("a", std::uint64_t{42}));
static_assert(md::unit_hash("a", -1) == md::unit_hash("a", ~std::uint64_t{0}));
static_assert(md::unit_hash("a", 42) != md::unit_hash("a", "42"));
static_assert(md::unit_hash("a", 42) != md::unit_hash("b", 42));
static_assert(noexcept(md::unit_hash("a", 42)) && noexcept(md::unit_hash("a", "42")));
static_assert(std::convertible_to<std::string, md::salt> && !std::convertible_to<int, md::salt>);
static_assert(md::unit_id<std::string> && md::unit_id<const char*> && md::unit_id<short>);
static_assert(!md::unit_id<bool> && !md::unit_id<double>);
static_assert(md::unit_point(0) == 0 && md::unit_point(~std::uint64_t{0}) == 1 - 0x1p-53);
static_assert(md::unit_point(std::uint64_t{1} << 63) == 0.5);

}  // namespace

TEST_CASE("unit_hash: a second implementation places every unit at the same point") {
  std::ifstream file(std::string(MILLRACE_GOLDEN_DIR) + "/deliver/unit_hash.txt");
  std::string by, kind, id, hash, point;
  std::size_t read = 0;
  bool same = true;
  while (file >> by >> kind >> id >> hash >> point) {
    const md::salt salt(bytes(by));
    std::uint64_t made = 0;
    if (kind == "text") {
      made = md::unit_hash(salt, bytes(id));
    } else {
      REQUIRE(kind == "number");
      made = id[0] == '-' ? md::unit_hash(salt, std::stoll(id)) : md::unit_hash(salt, std::stoull(id));
    }
    same = same && made == std::stoull(hash, nullptr, 16) && md::unit_point(made) == std::stod(point);
    ++read;
  }
  CHECK(same);
  CHECK(read == 380);
}

TEST_CASE("unit_hash: points are uniform, for ids one after the other and for ids of one text") {
  const md::salt salt("uniform");
  std::array<std::uint32_t, 1000> of_numbers{};
  std::array<std::uint32_t, 1000> of_texts{};
  for (std::uint32_t i = 0; i < 200'000; ++i) {
    ++of_numbers[static_cast<std::size_t>(1000 * md::unit_point(md::unit_hash(salt, i)))];
    ++of_texts[static_cast<std::size_t>(1000 * md::unit_point(md::unit_hash(salt, "user-" + std::to_string(i))))];
  }
  CHECK(std::fabs(unevenness(of_numbers)) < 4);
  CHECK(std::fabs(unevenness(of_texts)) < 4);
}

TEST_CASE("unit_hash: two salts place units independently of each other") {
  for (const auto& [one, other] : {std::pair("layer-1", "layer-2"), std::pair("a", "b"), std::pair("", "x")}) {
    const md::salt first(one);
    const md::salt second(other);
    std::array<std::uint32_t, 400> both{};
    for (std::uint32_t i = 0; i < 100'000; ++i) {
      const auto row = static_cast<std::size_t>(20 * md::unit_point(md::unit_hash(first, i)));
      ++both[20 * row + static_cast<std::size_t>(20 * md::unit_point(md::unit_hash(second, i)))];
    }
    CHECK(std::fabs(unevenness(both)) < 4);
  }
}

TEST_CASE("unit_hash: another process places units alike") {
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  const std::array ids{"", "user-42", "Zo\xc3\xab",
                       "a text of more than thirty-two bytes, so that all its steps are run"};
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    for (const std::string_view id : ids) {
      const std::uint64_t hash = md::unit_hash("process", id);
      if (::write(ends[1], &hash, sizeof hash) != sizeof hash) ::_exit(1);
    }
    ::_exit(0);
  }
  for (const std::string_view id : ids) {
    std::uint64_t hash = 0;
    REQUIRE(::read(ends[0], &hash, sizeof hash) == sizeof hash);
    CHECK(hash == md::unit_hash("process", id));
  }
  int status = 1;
  CHECK(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST_CASE("unit_hash: nothing is allocated") {
  const std::string id = "a text of more than thirty-two bytes, so that all its steps are run";
  std::uint64_t sum = 0;
  CHECK(support::allocations_of([&] { sum += md::unit_hash("salt", id) + md::unit_hash("salt", 42); }) == 0);
  CHECK(sum != 0);
}
