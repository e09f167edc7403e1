#include <millrace/store/settings/byte_size.hpp>

#include <support/catch.hpp>

#include <millrace/store/settings/detail/scalar_text.hpp>

#include <string>

namespace ms = millrace::store;
using ms::detail::whole_number;

TEST_CASE("sizes are read with units of 1000 and of 1024, and only if they are whole bytes") {
  static_assert(ms::byte_size{1024} < ms::byte_size{1025});
  const auto read = [](const char* text) {
    whole_number value;
    const char* const why = ms::detail::read_size(text, value);
    return why != nullptr ? std::string("no") : value.text();
  };
  CHECK(read("512") == "512");
  CHECK(read("0") == "0");
  CHECK(read("64KiB") == "65536");
  CHECK(read("64 KiB") == "65536");
  CHECK(read("1kB") == "1000");
  CHECK(read("1.5GiB") == "1610612736");
  CHECK(read("1.5GB") == "1500000000");
  CHECK(read("0.001kB") == "1");
  CHECK(read("16777215TiB") == "18446742974197923840");
  for (const char* const wrong : {"", "-1", "1.5", "1.5B", "0.0001kB", "1 G", "1gb", "KiB", "1KiB2", "1e3",
                                  "16777216TiB", "18446744073709551616", "1..5GB", "0x10", "1KiB 1KiB"}) {
    INFO(wrong);
    CHECK(read(wrong) == "no");
  }
  CHECK(ms::detail::size_text({65536, false}) == "64KiB");
  CHECK(ms::detail::size_text({1500000000, false}) == "1500MB");
  CHECK(ms::detail::size_text({1001, false}) == "1001");
  CHECK(ms::detail::size_text({0, false}) == "0");
}

TEST_CASE("lengths of time are read with their units, and come back as they were written") {
  const auto read = [](const char* text, std::int64_t bare = 0) {
    whole_number value;
    const char* const why = ms::detail::read_duration(text, bare, value);
    return why != nullptr ? std::string("no") : ms::detail::duration_text(value);
  };
  CHECK(read("50ms") == "50ms");
  CHECK(read("5m") == "5m");
  CHECK(read("1h30m") == "90m");
  CHECK(read("1.5s") == "1500ms");
  CHECK(read("0") == "0s");
  CHECK(read("0s") == "0s");
  CHECK(read("-5s") == "-5s");
  CHECK(read("2µs") == "2us");
  CHECK(read("36h") == "36h");
  CHECK(read("48h") == "2d");
  CHECK(read("300", 1'000'000'000) == "5m");
  CHECK(read("0.25", 1'000'000'000) == "250ms");
  CHECK(read("106751d") == "106751d");
  for (const char* const wrong :
       {"", "5", "ms", "5 minutes", "1.5ns", "106752d", "1h-5m", "5m 3s", "1e3s", ".s", "5M", "NaN", "-"}) {
    INFO(wrong);
    CHECK(read(wrong) == "no");
  }
}
