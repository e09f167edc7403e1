#include <millrace/observe/export/prometheus_protobuf.hpp>

#include <millrace/observe/metrics/metrics_registry.hpp>
#include <support/catch.hpp>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mr = millrace;

namespace {

std::string hex_of(const std::string& bytes) {
  std::string text;
  for (const char c : bytes) {
    text += "0123456789abcdef"[static_cast<unsigned char>(c) >> 4U];
    text += "0123456789abcdef"[static_cast<unsigned char>(c) & 15U];
  }
  return text;
}

}  // namespace

// What whole pages hold is decoded by tests/observe/protobuf_page.py and by a Prometheus server. The bytes below were
// written by Python's google.protobuf 3.21.12 from Debian's client_model 0.3.0, metrics.proto.
TEST_CASE("prometheus_protobuf: the bytes of a counter, a gauge and a histogram") {
  mr::observe::metrics_registry registry;
  mr::observe::exemplar example({0, 10}, {11});
  example.unix_nanoseconds = 1'500'000'001'250'000'000;
  registry.counter({"rows_total", "Rows."}, {{"split", "train"}}).value().add(3, example);
  registry.gauge({"loss", "Loss."}).value().set(-0.5);
  const auto seen = registry.histogram({"size", ""}, {1, 4}).value();
  seen.update(0.5);
  seen.update(3);
  CHECK(hex_of(to_prometheus_protobuf(registry.snapshot())) ==
        "95010a0a726f77735f746f74616c1205526f77732e1800227e0a0e0a0573706c69741205747261696e1a6c0900000000"
        "0000084012610a2c0a0874726163655f6964122030303030303030303030303030303030303030303030303030303030"
        "303030610a1b0a077370616e5f69641210303030303030303030303030303030621100000000000008401a0b0881dea0"
        "cb051080e59a771c0a046c6f737312054c6f73732e1801220b120909000000000000e0bf400a0473697a651200180422"
        "343a320802110000000000000c401a0b080111000000000000f03f1a0b08021100000000000010401a0b080211000000"
        "000000f07f");
}

TEST_CASE("prometheus_protobuf: a native histogram has spans of buckets and their differences") {
  mr::observe::metrics_registry registry;
  const auto seen =
      registry.native_histogram({"size", ""}, {.schema = 1, .least = 0x1p-4, .greatest = 0x1p8, .both_signs = true})
          .value();
  seen.update(0);
  for (int i = 0; i < 3; ++i) seen.update(1);  // bucket 0
  seen.update(2.5);                            // bucket 3, two empty ones between
  seen.update(200);                            // bucket 16, a span of its own
  seen.update(-1);
  CHECK(hex_of(to_prometheus_protobuf(registry.snapshot())) ==
        "440a0473697a651200180422383a360807110000000000906940280231000000000000b03f38014a0408001001500262"
        "040800100462040818100168066805680068026800");
}

TEST_CASE("prometheus_protobuf: a snapshot of nothing is an empty page") {
  CHECK(to_prometheus_protobuf(mr::observe::metrics_registry().snapshot()).empty());
}

namespace {

// A decoder of its own for the test: nothing but the wire format's rules and the field numbers of client_model's
// metrics.proto. It is stricter than a decoder has to be: shortest varints, known fields in order, text in UTF-8.
struct message {
  struct field {
    std::uint64_t number = 0;
    std::uint64_t bits = 0;  // of a varint or a double
    std::string_view bytes = {};
    char type = 0;  // v, d, b
  };
  std::vector<field> fields;

  explicit message(std::string_view in) {
    while (!in.empty()) {
      const std::uint64_t tag = varint(in);
      field made;
      made.number = tag >> 3U;
      switch (tag & 7U) {
        case 0: made.type = 'v', made.bits = varint(in); break;
        case 1: {
          made.type = 'd';
          if (in.size() < 8) throw std::runtime_error("a double beyond the end");
          for (unsigned i = 0; i < 8; ++i) made.bits |= std::uint64_t{static_cast<unsigned char>(in[i])} << (8 * i);
          in.remove_prefix(8);
          break;
        }
        case 2: made.type = 'b', made.bytes = taken(in); break;
        default: throw std::runtime_error("a wire type that is not used");
      }
      if (!fields.empty() && fields.back().number > made.number) throw std::runtime_error("fields out of order");
      fields.push_back(made);
    }
  }

  static std::uint64_t varint(std::string_view& in) {
    std::uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
      if (in.empty() || shift > 63) throw std::runtime_error("a varint without an end");
      const auto byte = static_cast<unsigned char>(in.front());
      in.remove_prefix(1);
      if (shift == 63 && byte > 1) throw std::runtime_error("a varint of more than 64 bits");
      value |= std::uint64_t{byte & 127U} << shift;
      if (byte < 128) {
        if (byte == 0 && shift != 0) throw std::runtime_error("a varint that is longer than it has to be");
        return value;
      }
    }
  }
  static std::string_view taken(std::string_view& in) {
    const std::uint64_t size = varint(in);
    if (size > in.size()) throw std::runtime_error("a length beyond the end");
    const std::string_view made = in.substr(0, size);
    in.remove_prefix(size);
    return made;
  }

  std::vector<field> all(std::uint64_t number) const {
    std::vector<field> made;
    for (const field& each : fields)
      if (each.number == number) made.push_back(each);
    return made;
  }
  field only(std::uint64_t number, char type) const {
    const std::vector<field> made = all(number);
    if (made.size() != 1 || made[0].type != type) throw std::runtime_error("not one field " + std::to_string(number));
    return made[0];
  }
  double real(std::uint64_t number) const { return std::bit_cast<double>(only(number, 'd').bits); }
  std::uint64_t count(std::uint64_t number) const { return only(number, 'v').bits; }
  std::string text(std::uint64_t number) const {
    const std::string_view made = only(number, 'b').bytes;
    if (!is_utf8(made)) throw std::runtime_error("a text that is not UTF-8");
    return std::string(made);
  }

  /// By the table of Unicode's well-formed byte sequences (3-7).
  static bool is_utf8(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
      const auto byte = [&](std::size_t at) { return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U; };
      const unsigned lead = byte(i);
      const std::size_t more = lead < 0x80 ? 0 : lead >= 0xc2 && lead < 0xe0 ? 1 : lead >= 0xe0 && lead < 0xf0 ? 2 : 3;
      if (more == 3 && (lead < 0xf0 || lead > 0xf4)) return false;
      unsigned low = 0x80, high = 0xbf;
      if (lead == 0xe0) low = 0xa0;
      if (lead == 0xed) high = 0x9f;
      if (lead == 0xf0) low = 0x90;
      if (lead == 0xf4) high = 0x8f;
      for (std::size_t j = 1; j <= more; ++j, low = 0x80, high = 0xbf)
        if (byte(i + j) < low || byte(i + j) > high) return false;
      i += more + 1;
    }
    return true;
  }
};

/// The bytes that a label's value was made of: each `\\xHH` is one.
std::string bytes_of(std::string_view text) {
  const auto digit = [](char c) { return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10); };
  std::string made;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text.size() - i >= 4 && text[i] == '\\' && text[i + 1] == 'x' &&
                        text.find_first_not_of("0123456789abcdef", i + 2) >= i + 4;
    made += escape ? static_cast<char>(digit(text[i + 2]) * 16 + digit(text[i + 3])) : text[i];
    if (escape) i += 3;
  }
  return made;
}

std::map<std::string, std::string> pairs_of(const message& in) {
  std::map<std::string, std::string> made;
  for (const message::field& each : in.all(1)) {
    const message pair(each.bytes);
    if (!made.emplace(pair.text(1), bytes_of(pair.text(2))).second) throw std::runtime_error("a label twice");
  }
  return made;
}

std::vector<message> families_of(std::string_view page) {
  std::vector<message> made;
  while (!page.empty()) made.emplace_back(message::taken(page));
  return made;
}

/// {number of the bucket: count} of the spans in field `number` and the differences in the next one.
std::map<std::int64_t, std::uint64_t> buckets_of(const message& in, std::uint64_t number) {
  const auto sign = [](std::uint64_t bits) {
    return static_cast<std::int64_t>(bits >> 1U) ^ -static_cast<std::int64_t>(bits & 1U);
  };
  std::map<std::int64_t, std::uint64_t> made;
  std::vector<message::field> differences = in.all(number + 1);
  std::size_t next = 0;
  std::int64_t at = 0, count = 0;
  for (const message::field& each : in.all(number)) {
    const message span(each.bytes);
    at += sign(span.count(1));
    for (std::uint64_t left = span.count(2); left > 0; --left, ++at) {
      if (next == differences.size()) throw std::runtime_error("more buckets than differences");
      count += sign(differences[next++].bits);
      if (count < 0) throw std::runtime_error("a bucket of less than nothing");
      if (count > 0) made[at] = static_cast<std::uint64_t>(count);
    }
  }
  if (next != differences.size()) throw std::runtime_error("more differences than buckets");
  return made;
}

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double largest = (std::numeric_limits<double>::max)();

const std::vector<std::string>& hostile_texts() {
  using namespace std::string_literals;
  static const std::vector<std::string> texts{"\0"s,
                                              "a\0b\0"s,
                                              "\n\r\t\"\\'`{}=,#"s,
                                              "\\xff"s,
                                              "\\x5cxff"s,
                                              "\\xf"s,
                                              "\\\\x41"s,
                                              "\xff\xfe\xfd"s,
                                              "\xc0\x80"s,
                                              "\xe0\x80\x80"s,
                                              "\xed\xa0\x80"s,
                                              "\xf4\x90\x80\x80"s,
                                              "\xf0\x9f\x98"s,
                                              "\xe2\x82\xac\xe2\x82"s,
                                              "\xef\xbb\xbf"s,
                                              "\xe2\x80\xa8"s,
                                              "\x7f\x01\x1b[31m"s,
                                              std::string(200'000, '\xff'),
                                              std::string(300'000, 'x'),
                                              std::string(128, '\0'),
                                              "\x0a\x05hello\x12\x7f"s};  // the last looks like fields
  return texts;
}

}  // namespace

TEST_CASE("prometheus_protobuf: whatever bytes labels and helps have, a strict decoder gives them back") {
  mr::observe::metrics_registry registry;
  for (std::size_t i = 0; i < hostile_texts().size(); ++i) {
    const std::string& text = hostile_texts()[i];
    const std::string name = "hostile_" + std::to_string(i);
    const mr::observe::label_set labels{{"z", text}, {"a", ""}, {"m", text + "\xff"}};
    registry.counter({name + "_total", text}, labels).value().add(i + 1);
    registry.histogram({name + "_size", text}, {1}, labels).value().update(0.5);
    registry.native_histogram({name + "_native", text}, {}, labels).value().update(1);
  }
  const std::string page = to_prometheus_protobuf(registry.snapshot());
  const std::vector<message> families = families_of(page);
  REQUIRE(families.size() == 3 * hostile_texts().size());
  std::size_t seen = 0;
  for (const message& family : families) {
    const std::string name = family.text(1);
    const std::size_t i = std::stoul(name.substr(8));
    const std::string& text = hostile_texts()[i];
    CAPTURE(name, i);
    CHECK(bytes_of(family.text(2)) == text);
    const message metric(family.only(4, 'b').bytes);
    const std::map<std::string, std::string> wanted{{"a", ""}, {"m", text + "\xff"}, {"z", text}};
    CHECK((pairs_of(metric) == wanted));
    if (name.ends_with("_total")) {
      CHECK(family.count(3) == 0);
      CHECK(message(metric.only(3, 'b').bytes).real(1) == static_cast<double>(i + 1));
    } else {
      CHECK(family.count(3) == 4);
      CHECK(message(metric.only(7, 'b').bytes).count(1) == 1);
    }
    ++seen;
  }
  CHECK(seen == families.size());
  // No part of a page is one.
  for (const std::size_t size : {std::size_t{1}, std::size_t{2}, std::size_t{40}, page.size() / 2, page.size() - 1}) {
    CAPTURE(size);
    CHECK_THROWS(families_of(std::string_view(page).substr(0, size)));
  }
}

TEST_CASE("prometheus_protobuf: numbers at the ends of their types are the same bits") {
  const std::vector<double> values{0.0,
                                   -0.0,
                                   infinity,
                                   -infinity,
                                   std::numeric_limits<double>::quiet_NaN(),
                                   largest,
                                   -largest,
                                   std::numeric_limits<double>::denorm_min(),
                                   0x1p-1022,
                                   0x1p63};
  mr::observe::metrics_registry registry;
  for (std::size_t i = 0; i < values.size(); ++i)
    registry.gauge({"g", ""}, {{"i", std::to_string(i)}}).value().set(values[i]);
  const auto seen = registry.histogram({"h", ""}, {-largest, -0x1p-1074, 0.0, 0x1p-1074, largest}).value();
  const auto native =
      registry.native_histogram({"n", ""}, {.schema = 4, .least = 0x1p-1021, .greatest = 0x1p1023, .both_signs = true})
          .value();
  const auto narrow = registry.native_histogram({"o", ""}, {.schema = 0, .least = 1, .greatest = 2}).value();
  for (const double value : values) seen.update(value), native.update(value), narrow.update(value);

  const std::string page = to_prometheus_protobuf(registry.snapshot());
  const std::vector<message> families = families_of(page);
  REQUIRE(families.size() == 4);
  const std::vector<message::field> gauges = families[0].all(4);
  REQUIRE(gauges.size() == values.size());
  for (const message::field& each : gauges) {
    const message metric(each.bytes);
    const std::size_t i = std::stoul(pairs_of(metric).at("i"));
    CHECK(std::bit_cast<std::uint64_t>(message(metric.only(2, 'b').bytes).real(1)) ==
          std::bit_cast<std::uint64_t>(values[i]));
  }
  const auto histogram_of = [&](std::size_t i) {
    return message(message(families[i].only(4, 'b').bytes).only(7, 'b').bytes);
  };
  const message fixed = histogram_of(1);
  CHECK(fixed.count(1) == values.size());
  std::vector<std::pair<double, std::uint64_t>> buckets;
  for (const message::field& each : fixed.all(3)) {
    const message bucket(each.bytes);
    buckets.emplace_back(bucket.real(2), bucket.count(1));
  }
  // -infinity and -largest; none; the zeros; the denormal; three that are finite; NaN and infinity.
  const std::vector<std::pair<double, std::uint64_t>> wanted{{-largest, 2},  {-0x1p-1074, 2}, {0.0, 4},
                                                             {0x1p-1074, 5}, {largest, 8},    {infinity, 10}};
  CHECK((buckets == wanted));
  CHECK(std::abs(fixed.real(2)) <= largest);  // what is not finite is not added

  for (const std::size_t i : {std::size_t{2}, std::size_t{3}}) {
    const message each = histogram_of(i);
    std::uint64_t total = each.count(7);
    for (const std::uint64_t side : {std::uint64_t{9}, std::uint64_t{12}})
      for (const auto& [bucket, count] : buckets_of(each, side)) total += count;
    CAPTURE(i);
    CHECK(each.count(1) == values.size());
    CHECK(total == values.size());
    CHECK(each.all(3).empty());
  }
  const message wide = histogram_of(2);
  CHECK(wide.count(5) == 8);                              // schema 4, whose sign would stand in the last bit
  CHECK(wide.count(7) == 4);                              // the zeros and what is below 2^-1021
  CHECK(buckets_of(wide, 9).size() == 1);                 // -infinity and -largest share the last bucket
  CHECK(buckets_of(wide, 12).begin()->first == 63 * 16);  // 2^63 is the last number of its bucket
}

TEST_CASE("prometheus_protobuf: what no page can have is refused before it") {
  using namespace std::string_literals;
  mr::observe::metrics_registry registry;
  for (const std::string& name :
       {""s, "\0"s, "a\0"s, "0a"s, "a b"s, "a\xff"s, "\xc3\xa9"s, "a\n"s, std::string(1000, '-')}) {
    CAPTURE(name);
    const auto made = registry.counter({name, ""});
    REQUIRE_FALSE(made);
    CHECK(made.error().code() == mr::errc::invalid_argument);
    CHECK(message::is_utf8(made.error().describe()));
    if (name.empty() || name.find('-') == 0) continue;
    CHECK_FALSE(registry.gauge({"named", ""}, {{name, "x"}}));
  }
  CHECK_FALSE(registry.gauge({"named", ""}, {{"", "x"}}));
  CHECK_FALSE(registry.gauge({"named", ""}, {{"__name__", "x"}}));
  CHECK_FALSE(registry.gauge({"named", ""}, {{"a", "x"}, {"a", "y"}}));
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<std::vector<double>> unusable{{},       {nan},  {infinity}, {-infinity}, {1, nan},
                                                  {nan, 1}, {2, 1}, {1, 1},     {0.0, -0.0}, {1, infinity}};
  for (const std::vector<double>& bounds : unusable) CHECK_FALSE(registry.histogram({"bounded", ""}, bounds));
  CHECK_FALSE(registry.histogram({"bounded", ""}, std::vector<double>(1001, 1.0)));
  for (const double end : {nan, infinity, -infinity, 0.0, -1.0, 0x1p-1074}) {
    CAPTURE(end);
    CHECK_FALSE(registry.native_histogram({"native", ""}, {.least = end}));
    CHECK_FALSE(registry.native_histogram({"native", ""}, {.greatest = end}));
  }
  CHECK(to_prometheus_protobuf(registry.snapshot()).empty());
}
