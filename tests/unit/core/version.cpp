#include <millrace/core/version.hpp>

#include <support/catch.hpp>

#include <string>

TEST_CASE("the version's string and its numbers agree") {
  constexpr millrace::version now;
  CHECK(std::to_string(now.major_number) + "." + std::to_string(now.minor_number) + "." +
            std::to_string(now.patch_number) ==
        MILLRACE_VERSION_STRING);
}
