#ifndef MILLRACE_TESTS_SUPPORT_STORAGE_CONTENTS_HPP
#define MILLRACE_TESTS_SUPPORT_STORAGE_CONTENTS_HPP

// What a storage holds, and what a forked child may do with one.

#include <millrace/store/storage.hpp>

#include <laws/storage.hpp>
#include <support/catch.hpp>

#include <sys/wait.h>
#include <unistd.h>
#include <map>
#include <string>
#include <utility>

namespace support {

/// All objects by their keys, and what could not be read as the error's message, so that it equals no object.
template <class Storage>
std::map<std::string, std::string> contents(const Storage& storage) {
  std::map<std::string, std::string> found;
  const auto walked = millrace::store::for_each_object(storage, "", [&](const millrace::store::storage_entry& each) {
    const auto bytes = storage.read(each.key);
    found[each.key] = bytes ? laws::text_of(*bytes) : bytes.error().message();
  });
  if (!walked) found["error"] = walked.error().message();
  return found;
}

/// A child that was forked while a storage was open is refused by it, may close it without touching the parent's files,
/// and opens the same one for itself by `open()`.
template <class Open>
void check_forked_child(const Open& open) {
  using laws::bytes_of;
  auto storage = open();
  REQUIRE(storage->write("a", bytes_of("1")));
  const pid_t child = ::fork();
  if (child == 0) {
    const bool refused = storage->write("a", bytes_of("2")).error().code() == millrace::errc::closed &&
                         storage->read("a").error().code() == millrace::errc::closed;
    {
      const auto moved = std::move(storage);  // and closed here
    }
    auto own = open();
    ::_exit(refused && own && own->write("b", bytes_of("child")) ? 0 : 1);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  CHECK(status == 0);
  REQUIRE(storage->write("a", bytes_of("3")));
  CHECK(laws::text_of(*storage->read("a")) == "3");
  CHECK(laws::text_of(*storage->read("b")) == "child");
}

}  // namespace support

#endif  // MILLRACE_TESTS_SUPPORT_STORAGE_CONTENTS_HPP
