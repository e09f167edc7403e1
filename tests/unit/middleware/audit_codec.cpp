#include <millrace/middleware/audit_codec.hpp>

#include <support/catch.hpp>

#include <millrace/core/json_check.hpp>
#include <millrace/tensor/compressed.hpp>
#include <millrace/tensor/deflate.hpp>
#include <millrace/tensor/eigen.hpp>

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

namespace mr = millrace;

namespace {

/// Through the record and back: what stands in the log for a value.
template <class T>
std::string logged(const T& value, const mr::audit_limits& limits = {}) {
  using codec = mr::audit_codec<T>;
  const std::size_t size = codec::size(value, limits);
  std::vector<std::byte> record(size + 8, std::byte{0xa5});
  REQUIRE(codec::write(record.data(), value, limits) == record.data() + size);
  for (std::size_t i = size; i < record.size(); ++i) REQUIRE(record[i] == std::byte{0xa5});
  std::string json;
  REQUIRE(codec::render(record.data(), json) == record.data() + size);
  INFO(json);
  REQUIRE(mr::is_json(json));
  if constexpr (mr::detail::audit_fixed<T>) REQUIRE(size == codec::fixed_size);
  return json;
}

enum class color : std::uint8_t { red = 3 };
enum class mood { calm, wild };
enum class phase : std::uint8_t { warm = 1, unnamed = 9 };
[[maybe_unused]] const char* to_string(phase p) { return p == phase::warm ? "warm" : nullptr; }
[[maybe_unused]] std::string_view to_string(mood m) { return m == mood::calm ? "calm" : "wild \"x\""; }
enum plain_enum : signed char { minus_one = -1 };

struct engine {};
template <class T>
struct holder {
  T value;
};

struct money {
  std::int64_t cents;
};
/// A text whose codec renders something else.
struct ticket {
  std::string text;
  std::uint64_t number;
  operator std::string_view() const noexcept { return text; }
  auto operator<=>(const ticket&) const = default;
};
struct bundle {
  std::vector<float> a;
  std::vector<double> b;
};

}  // namespace

template <>
struct mr::tensor::tensor_traits<bundle> {
  template <class F>
  static bool for_each(const bundle& value, F&& f) {
    return mr::tensor::for_each_tensor(value.a, f) && mr::tensor::for_each_tensor(value.b, f);
  }
};

template <>
struct mr::audit_codec<money> {
  static constexpr std::size_t fixed_size = 8;
  static std::size_t size(const money&, const mr::audit_limits&) noexcept { return 8; }
  static std::byte* write(std::byte* at, const money& value, const mr::audit_limits&) noexcept {
    std::memcpy(at, &value.cents, 8);
    return at + 8;
  }
  static const std::byte* render(const std::byte* at, std::string& json) {
    std::int64_t cents = 0;
    std::memcpy(&cents, at, 8);
    mr::append_json(json, std::to_string(cents / 100) + '.' + std::to_string(cents % 100));
    return at + 8;
  }
};

template <>
struct mr::audit_codec<ticket> {
  static std::size_t size(const ticket&, const mr::audit_limits&) noexcept { return 8; }
  static std::byte* write(std::byte* at, const ticket& value, const mr::audit_limits&) noexcept {
    std::memcpy(at, &value.number, 8);
    return at + 8;
  }
  static const std::byte* render(const std::byte* at, std::string& json) {
    std::uint64_t number = 0;
    std::memcpy(&number, at, 8);
    if (number != 0) (json += R"({"no":)") += std::to_string(number) + '}';
    return at + 8;
  }
};

TEST_CASE("numbers stand as they are, and what JSON cannot say as tagged strings", "[audit_codec]") {
  CHECK(logged(7) == "7");
  CHECK(logged(-7L) == "-7");
  CHECK(logged(std::numeric_limits<std::uint64_t>::max()) == "18446744073709551615");
  CHECK(logged(std::int8_t{-3}) == "-3");
  CHECK(logged('a') == "97");
  CHECK(logged(u'a') == "97");
  CHECK(logged(true) == "true");
  CHECK(logged(0.1) == "0.1");
  CHECK(logged(0.1f) == "0.1");
  CHECK(logged(0.5L) == "0.5");
  for (const long double extreme :
       {std::numeric_limits<long double>::max(), std::numeric_limits<long double>::denorm_min()})
    CHECK(logged(extreme).size() < 40);
  CHECK(logged(-0.0) == "-0");
  CHECK(logged(std::nan("")) == "\"NaN\"");
  CHECK(logged(-std::numeric_limits<float>::infinity()) == "\"-Infinity\"");
  CHECK(logged(mr::tensor::float16(1.5f)) == "1.5");
  CHECK(logged(mr::tensor::bfloat16(-2.0f)) == "-2");
}

TEST_CASE("enumerators stand by name where there is one, else by number", "[audit_codec]") {
  CHECK(logged(color::red) == "3");
  CHECK(logged(minus_one) == "-1");
  CHECK(logged(phase::warm) == "\"warm\"");
  CHECK(logged(phase::unnamed) == "9");
  CHECK(logged(mood::wild) == R"("wild \"x\"")");
  CHECK(logged(mr::errc::not_finite) == "\"not_finite\"");
  CHECK(logged(mr::tensor::dtype::bf16) == "\"bf16\"");
}

TEST_CASE("strings keep every byte they may and are cut with a mark, between characters", "[audit_codec]") {
  CHECK(logged(std::string("a\"\n\x01\xff")) == R"("a\"\n\u0001\\xff")");
  CHECK(logged(std::string_view("")) == "\"\"");
  const char* text = "text";
  CHECK(logged(text) == "\"text\"");
  text = nullptr;
  CHECK(logged(text) == "null");
  const mr::audit_limits five{.text_bytes = 5};
  CHECK(logged(std::string("12345"), five) == "\"12345\"");
  CHECK(logged(std::string("123456"), five) == "\"12345... (6 bytes)\"");
  CHECK(logged(std::string("1234\xc3\xa9"), five) == "\"1234... (6 bytes)\"");
  CHECK(logged(std::string("12\xf0\x9f\x98\x80z"), five) == "\"12... (7 bytes)\"");
  CHECK(logged(std::string("\x80\x80\x80\x80\x80\x80\x80"), five) == R"_("\\x80\\x80\\x80\\x80\\x80... (7 bytes)")_");
  CHECK(logged(std::string(10'000'000, 'x')).size() < 1'100);
}

TEST_CASE("optional, variant and maps stand in full, nested too", "[audit_codec]") {
  CHECK(logged(std::optional<double>(0.5)) == "0.5");
  CHECK(logged(std::optional<double>()) == "null");
  using any = std::variant<std::monostate, bool, int, double, std::string>;
  CHECK(logged(any()) == "null");
  CHECK(logged(any(true)) == "true");
  CHECK(logged(any(std::string("s"))) == "\"s\"");
  const std::map<std::string, any> hyperparameters{
      {"learning_rate", 0.001}, {"batch_size", 64}, {"optimizer", std::string("Adam")}, {"a\"b", true}};
  CHECK(logged(hyperparameters) == R"({"a\"b":true,"batch_size":64,"learning_rate":0.001,"optimizer":"Adam"})");
  CHECK(logged(std::unordered_map<std::string, float>{{"one", 1.0f}}) == R"({"one":1})");
  CHECK(logged(std::map<std::string_view, std::map<std::string, int>>{{"x", {{"y", 1}}}, {"z", {}}}) ==
        R"({"x":{"y":1},"z":{}})");
  CHECK(logged(std::map<std::string, int>{}) == "{}");
  CHECK(logged(std::map<std::string, engine>{{"e", {}}}) == R"({"e":{"type":"engine"}})");
}

TEST_CASE("maps and lists are cut, and say by how much", "[audit_codec]") {
  const mr::audit_limits two{.entries = 2};
  CHECK(logged(std::map<std::string, int>{{"a", 1}, {"b", 2}, {"c", 3}, {"d", 4}}, two) ==
        R"({"a":1,"b":2,"...":"... 2 more"})");
  CHECK(logged(std::vector<std::string>{"a", "b", "c"}, two) == R"(["a","b","... 1 more"])");
  CHECK(logged(std::map<std::string, int>{{"a", 1}}, {.entries = 0}) == R"({"...":"... 1 more"})");
  CHECK(logged(std::list<int>{1, 2, 3}, {.entries = 0}) == R"(["... 3 more"])");
  CHECK(logged(std::vector<std::string>{}) == "[]");
  CHECK(logged(std::set<int>{2, 1}) == "[1,2]");
  CHECK(logged(std::vector<bool>{true, false}) == "[true,false]");
}

TEST_CASE("a map's keys are strings, whatever their codec renders", "[audit_codec]") {
  CHECK(logged(std::map<const char*, int>{{nullptr, 1}}) == R"({"null":1})");
  CHECK(logged(std::map<const char*, std::map<const char*, int>>{{nullptr, {{nullptr, 1}}}}) ==
        R"({"null":{"null":1}})");
  CHECK(logged(std::map<ticket, int>{{{"a", 7}, 1}, {{"b", 0}, 2}}) == R"({"{\"no\":7}":1,"":2})");
}

TEST_CASE("a map that may hold a key twice stands as a list of its entries", "[audit_codec]") {
  const std::multimap<std::string, int> scores{{"a", 1}, {"a", 2}, {"b", 3}};
  CHECK(logged(scores) == R"([{"a":1},{"a":2},{"b":3}])");
  CHECK(logged(scores, {.entries = 2}) == R"([{"a":1},{"a":2},"... 1 more"])");
  CHECK(logged(scores, {.entries = 0}) == R"(["... 3 more"])");
  CHECK(logged(std::unordered_multimap<std::string, bool>{}) == "[]");
}

TEST_CASE("tensors stand as dtype, shape and, below the limit, a summary", "[audit_codec]") {
  const std::vector<float> row{1, -2, 4.5f, std::numeric_limits<float>::quiet_NaN()};
  CHECK(logged(row) == R"({"dtype":"f32","shape":[4],"min":-2,"max":4.5,"mean":1.1666666666666667,"non_finite":1})");
  CHECK(logged(row, {.summary_bytes = 15}) == R"({"dtype":"f32","shape":[4]})");
  CHECK(logged(std::vector<double>{}) == R"({"dtype":"f64","shape":[0],"non_finite":0})");
  CHECK(logged(std::array<std::uint8_t, 2>{3, 5}) ==
        R"({"dtype":"u8","shape":[2],"min":3,"max":5,"mean":4,"non_finite":0})");
  const std::vector<double> bad(2, -std::numeric_limits<double>::infinity());
  CHECK(logged(std::span<const double>(bad)) ==
        R"({"dtype":"f64","shape":[2],"min":"NaN","max":"NaN","mean":"NaN","non_finite":2})");
  const Eigen::MatrixXf matrix = Eigen::MatrixXf::Constant(2, 3, 0.5f);
  CHECK(logged(matrix) == R"({"dtype":"f32","shape":[2,3],"min":0.5,"max":0.5,"mean":0.5,"non_finite":0})");
  CHECK(logged(std::optional<Eigen::MatrixXf>(matrix), {.summary_bytes = 0}) == R"({"dtype":"f32","shape":[2,3]})");
  CHECK(logged(std::vector<Eigen::MatrixXf>(3, matrix), {.entries = 1, .summary_bytes = 0}) ==
        R"([{"dtype":"f32","shape":[2,3]},"... 2 more"])");
  CHECK(logged(std::vector<std::vector<float>>{}) == "[]");
  CHECK(logged(std::vector<std::vector<Eigen::MatrixXf>>{{matrix}, {}}, {.summary_bytes = 0}) ==
        R"([[{"dtype":"f32","shape":[2,3]}],[]])");
  CHECK(logged(bundle{{1, 2}, {3}}, {.summary_bytes = 0}) ==
        R"([{"dtype":"f32","shape":[2]},{"dtype":"f64","shape":[1]}])");
  CHECK(logged(bundle{{1, 2}, {3}}, {.entries = 1, .summary_bytes = 0}) ==
        R"([{"dtype":"f32","shape":[2]},"... 1 more"])");
}

TEST_CASE("a compressed tensor stands with its shape and its size", "[audit_codec]") {
  mr::tensor::compressible<std::vector<float>> tensor(std::vector<float>(1000, 0.25f));
  CHECK(logged(tensor) == R"({"dtype":"f32","shape":[1000],"min":0.25,"max":0.25,"mean":0.25,"non_finite":0})");
  REQUIRE(tensor.compress());
  const std::string bytes = std::to_string(tensor.compressed()->compressed_bytes());
  CHECK(logged(tensor) == R"({"dtype":"f32","shape":[1000],"compressed_bytes":)" + bytes + "}");
  CHECK(logged(std::vector<mr::tensor::compressible<std::vector<float>>>{tensor}) ==
        R"([{"dtype":"f32","shape":[1000],"compressed_bytes":)" + bytes + "}]");
}

TEST_CASE("any other type stands as its name and takes no room; one's own codec is used", "[audit_codec]") {
  CHECK(logged(engine{}) == R"({"type":"engine"})");
  CHECK(logged(holder<int>{1}) == R"({"type":"holder"})");
  CHECK(logged(std::vector<engine>(3)) == R"({"type":"vector"})");
  CHECK(logged(std::vector<money>{{100}}) == R"(["1.0"])");
  CHECK(logged(std::unique_ptr<int>()) == R"({"type":"unique_ptr"})");
  CHECK(mr::audit_codec<engine>::fixed_size == 0);
  CHECK(logged(money{1234}) == "\"12.34\"");
  CHECK(logged(std::optional<money>(money{5})) == "\"0.5\"");
}
