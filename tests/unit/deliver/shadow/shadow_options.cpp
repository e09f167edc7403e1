#include <millrace/deliver/shadow/shadow_options.hpp>

#include <support/catch.hpp>

#include <set>
#include <string>

namespace md = millrace::deliver;

TEST_CASE("shadow_options: every reason has a name of its own") {
  std::set<std::string> names;
  for (std::size_t i = 0; i < md::shadow_drops; ++i) names.insert(md::to_string(static_cast<md::shadow_drop>(i)));
  CHECK(names.size() == md::shadow_drops);
  CHECK(names.count("") == 0);
  CHECK(names.count("full") == 1);
  const md::shadow_options usual;
  CHECK(usual.share == 1);
  CHECK(usual.threads == 1);
}
