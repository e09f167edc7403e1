#include <millrace/resilience/caches/value_codec.hpp>

#include <millrace/aggregate/sketches/kll.hpp>
#include <support/catch.hpp>

#include <string>
#include <vector>

namespace mr = millrace;
namespace mz = millrace::resilience;

static_assert(mz::value_codec<mz::default_codec<std::string>, std::string>);
static_assert(mz::value_codec<mz::default_codec<mr::kll<200>>, mr::kll<200>>);
static_assert(!mz::value_codec<mz::default_codec<int>, int>);

TEST_CASE("value_codec: texts, bytes, and what saves and loads itself, come back") {
  const std::string text("a\0b", 3);
  const mz::default_codec<std::string> texts;
  CHECK(*texts.decode(texts.encode(text)) == text);
  const std::vector<std::byte> some{std::byte{1}, std::byte{0}};
  const mz::default_codec<std::vector<std::byte>> bytes;
  CHECK(*bytes.decode(bytes.encode(some)) == some);
  mr::kll<200> sketch;
  for (int i = 0; i < 100; ++i) sketch.update(i);
  const mz::default_codec<mr::kll<200>> sketches;
  CHECK(sketches.decode(sketches.encode(sketch))->save() == sketch.save());
  CHECK_FALSE(sketches.decode(some));
}
