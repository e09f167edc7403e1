#include <millrace/core/saved/fields.hpp>

#include <support/catch.hpp>
#include <support/envelope.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace mr = millrace;

namespace {

enum class state : std::uint8_t { idle, busy };

struct part {
  double a = 0;
  std::uint32_t b = 0;

  template <class Self, class Visit>
  static void fields(Self& self, const Visit& visit) {
    visit(self.a, self.b);
  }
};

class whole : public mr::saved_fields<whole> {
  friend mr::saved_fields<whole>;

 public:
  explicit whole(double factor) : factor_(factor) {}

  double factor_;
  float small_number = 0;
  std::uint8_t byte = 0;
  std::uint64_t count = 0;
  bool on = false;
  state now = state::idle;
  std::array<part, 3> parts{};
  double doubled = 0;  // not saved

 private:
  static std::string saved_as() { return "whole"; }
  static whole blank() { return whole(0); }
  template <class Self, class Visit>
  static void fields(Self& self, const Visit& visit) {
    visit(self.factor_, self.small_number, self.byte, self.count, self.on, self.now, self.parts);
  }
  bool restore() noexcept {
    doubled = 2 * factor_;
    return factor_ >= 0 && now <= state::busy;
  }
};

}  // namespace

TEST_CASE("saved fields: every kind of number comes back, and what is not saved is worked up") {
  whole w(2.5);
  w.small_number = -0.1F;
  w.byte = 200;
  w.count = 1ULL << 60;
  w.on = true;
  w.now = state::busy;
  w.parts[1] = {-1e300, 4'000'000'000U};
  const auto bytes = w.save();
  // The envelope's 16 and 5 for its name, 8 + 4 + 1 + 8 + 1 + 1, three parts of 12, the checksum's 4.
  CHECK(bytes.size() == 16 + 5 + 23 + 36 + 4);
  const auto back = whole::load(bytes);
  REQUIRE(back);
  CHECK(back->factor_ == 2.5);
  CHECK(back->small_number == -0.1F);
  CHECK(back->byte == 200);
  CHECK(back->count == 1ULL << 60);
  CHECK(back->on);
  CHECK(back->now == state::busy);
  CHECK(back->parts[1].a == -1e300);
  CHECK(back->parts[1].b == 4'000'000'000U);
  CHECK(back->doubled == 5);
  CHECK(back->save() == bytes);
}

TEST_CASE("saved fields: bytes that end too early, go on too long, or contradict each other are errors") {
  const auto bytes = whole(1).save();
  for (std::size_t size = 0; size < bytes.size(); ++size) CHECK_FALSE(whole::load(std::span(bytes).first(size)));
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    auto bad = bytes;
    bad[i] ^= std::byte{1};
    CHECK_FALSE(whole::load(bad));
  }
  CHECK(whole::load(whole(-1).save()).error().message() == "saved whole: its numbers contradict each other");
  for (const int more : {-1, 1}) {
    auto other = bytes;
    other.insert(other.end() - 4, more > 0 ? 1 : 0, std::byte{0});
    if (more < 0) other.erase(other.end() - 5);
    other[8] = static_cast<std::byte>(std::to_integer<int>(other[8]) + more);
    support::reseal(other);
    CHECK(whole::load(other).error().code() == mr::errc::corrupt);
  }
  // An enum beyond its values is for `restore` to see.
  auto other = bytes;
  other[16 + 5 + 8 + 4 + 1 + 8 + 1] = std::byte{7};
  support::reseal(other);
  CHECK_FALSE(whole::load(other));
}
