#include <millrace/store/secret.hpp>

#include <support/catch.hpp>

#include <millrace/core/json_writer.hpp>
#include <millrace/store/storage.hpp>  // behind secret.hpp: it writes JSON too, and must find core's functions

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <ostream>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace mr = millrace;
namespace ms = millrace::store;

namespace {

const std::string canary = "canary-7f3a-of-a-secret-that-no-output-may-hold";

/// Takes note of memory that is given back with something else than zeros in it.
struct watched_memory {
  static std::size_t& given_back() {
    static std::size_t count = 0;
    return count;
  }
  static std::size_t& unwiped() {
    static std::size_t count = 0;
    return count;
  }
};
template <class T>
struct watching_allocator {
  using value_type = T;
  watching_allocator() = default;
  template <class U>
  watching_allocator(const watching_allocator<U>&) noexcept {}
  T* allocate(std::size_t count) { return std::allocator<T>().allocate(count); }
  void deallocate(T* at, std::size_t count) noexcept {
    ++watched_memory::given_back();
    watched_memory::unwiped() += std::any_of(at, at + count, [](T one) { return one != T{}; }) ? 1U : 0U;
    std::allocator<T>().deallocate(at, count);
  }
  bool operator==(const watching_allocator&) const = default;
};
using watched_string = std::basic_string<char, std::char_traits<char>, watching_allocator<char>>;

template <class T>
concept printable = requires(std::ostream& out, const T& value) { out << value; };
template <class T>
concept writes_json = requires(std::string& out, const T& value) { append_json(out, value); };
template <class T>
concept has_json = requires(const T& value) { to_json(value); };
template <class T>
concept has_text = requires(const T& value) { to_string(value); };

using text_secret = ms::secret<std::string>;
static_assert(!printable<text_secret> && !writes_json<text_secret> && !has_json<text_secret> && !has_text<text_secret>);
static_assert(!std::is_convertible_v<text_secret, std::string> && !std::is_convertible_v<text_secret, bool> &&
              !std::is_constructible_v<std::string, text_secret> &&
              !std::is_constructible_v<std::string_view, text_secret>);
static_assert(!std::is_copy_constructible_v<text_secret> && !std::is_copy_assignable_v<text_secret>);
static_assert(!std::is_constructible_v<text_secret, const std::string&>, "only what is given away can be wiped");
static_assert(std::is_nothrow_move_constructible_v<text_secret> && std::is_nothrow_move_assignable_v<text_secret>);

}  // namespace

TEST_CASE("a secret shows its value to who asks for it, and compares", "[secret]") {
  std::string given = canary;
  ms::secret key(std::move(given));
  CHECK(given.empty());  // NOLINT: it is wiped, and said so
  CHECK(key.expose() == canary);
  CHECK(key.equals(canary));
  CHECK_FALSE(key.equals(canary + "x"));
  CHECK_FALSE(key.equals(""));
  std::string other = canary;
  other.back() ^= 1;
  CHECK_FALSE(key == ms::secret(std::move(other)));
  ms::secret moved = std::move(key);
  CHECK(key.expose().empty());
  CHECK(moved.expose() == canary);
  key = std::move(moved);
  CHECK(key.equals(canary));
  CHECK(ms::secret<std::string>().expose().empty());

  ms::secret<std::array<std::byte, 4>> bytes({std::byte{1}, std::byte{2}, std::byte{3}, std::byte{4}});
  CHECK(bytes == ms::secret<std::array<std::byte, 4>>({std::byte{1}, std::byte{2}, std::byte{3}, std::byte{4}}));
  CHECK_FALSE(bytes.equals({}));
  const auto taken = std::move(bytes);
  CHECK(bytes.equals({}));  // wiped
  CHECK(taken.expose()[3] == std::byte{4});
}

TEST_CASE("a secret's memory is wiped when it is destroyed, moved from or assigned", "[secret]") {
  watched_memory::given_back() = 0;
  watched_memory::unwiped() = 0;
  {
    watched_string text(canary.data(), canary.size());
    ms::secret<watched_string> one(std::move(text));
    ms::secret<watched_string> two(watched_string(100, 'x'));
    two = std::move(one);
    // A part of the memory that the text once used and no longer does.
    watched_string longer(200, 'y');
    longer.resize(20);
    const ms::secret<watched_string> three(std::move(longer));
    ms::secret<std::vector<char, watching_allocator<char>>> four(std::vector<char, watching_allocator<char>>(50, 'z'));
  }
  CHECK(watched_memory::given_back() >= 4);
  CHECK(watched_memory::unwiped() == 0);
  {
    const watched_string plain(100, 'x');
  }
  CHECK(watched_memory::unwiped() == 1);  // which is how the check fails

  // A short text lies in the object itself.
  alignas(text_secret) unsigned char place[sizeof(text_secret)];
  auto* const short_one = new (place) text_secret(std::string("pass-word"));
  text_secret target = std::move(*short_one);
  CHECK(std::string_view(reinterpret_cast<const char*>(place), sizeof place).find("ass-wor") == std::string_view::npos);
  *short_one = std::move(target);
  short_one->~text_secret();
  asm volatile("" : "+m"(place));  // so that no compiler knows that the object's life has ended
  unsigned char after[sizeof place];
  std::memcpy(after, place, sizeof place);
  CHECK(std::string_view(reinterpret_cast<const char*>(after), sizeof after).find("ass-wor") == std::string_view::npos);
}

TEST_CASE("a secret from the environment, and errors that name the variable alone", "[secret]") {
  ::setenv("MILLRACE_TEST_SECRET", canary.c_str(), 1);
  const auto found = ms::environment_secret("MILLRACE_TEST_SECRET");
  REQUIRE(found);
  CHECK(found->equals(canary));
  ::setenv("MILLRACE_TEST_SECRET", "", 1);
  CHECK(ms::environment_secret("MILLRACE_TEST_SECRET").error().message() ==
        "the environment variable MILLRACE_TEST_SECRET is empty");
  ::unsetenv("MILLRACE_TEST_SECRET");
  const auto missing = ms::environment_secret("MILLRACE_TEST_SECRET");
  CHECK(missing.error().code() == mr::errc::not_found);
  CHECK(missing.error().message() == "the environment variable MILLRACE_TEST_SECRET is not set");
}
