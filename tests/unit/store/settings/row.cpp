#include <millrace/store/settings/row.hpp>

#include <support/catch.hpp>

namespace mr = millrace;
namespace ms = millrace::store;

TEST_CASE("limits hold numbers of any type, and choices know whose they are") {
  enum class colour : signed char { red = -1, green = 2 };
  ms::setting_limits limits;
  limits.least(-3);
  limits.most(~std::uint64_t{0});
  CHECK(limits.has_least);
  CHECK(limits.least_whole.text() == "-3");
  CHECK(limits.most_whole.text() == "18446744073709551615");
  CHECK(limits.least_whole < limits.most_whole);
  limits.least(mr::seconds(2));
  CHECK(limits.least_whole.magnitude == 2'000'000'000);
  limits.most(0.5);
  CHECK(limits.most_real == 0.5);
  const ms::setting_choice one{"red", colour::red};
  CHECK(one.value.as<int>() == -1);
  CHECK(one.owner != nullptr);
  CHECK(ms::setting_choice("red").owner == nullptr);
  ms::settings_faults faults;
  faults.add("weight", "too large");
  CHECK(faults.all().at(0).first == "weight");
}
