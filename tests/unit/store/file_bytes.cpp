#include <millrace/store/file_bytes.hpp>

#include <support/allocation_counter.hpp>
#include <support/catch.hpp>
#include <support/temp_dir.hpp>

#include <millrace/store/atomic_file.hpp>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace mr = millrace;
using mr::store::file_access;
using mr::store::file_bytes;

namespace {

std::string_view text_of(const file_bytes& content) {
  return {reinterpret_cast<const char*>(content.bytes().data()), content.bytes().size()};
}

}  // namespace

TEST_CASE("a file's bytes are the same read and mapped, also after a move") {
  const support::temp_dir folder;
  const std::string text(10'000, 'x');
  for (const std::string& each : {text, std::string("a"), std::string(4096, 'y'), std::string()}) {
    REQUIRE(mr::store::write_file(folder / "a", each));
    for (const file_access how : {file_access::read, file_access::map}) {
      auto content = file_bytes::open(folder / "a", how);
      REQUIRE(content);
      CHECK(text_of(*content) == each);
      file_bytes moved = *std::move(content);
      CHECK(text_of(moved) == each);
      auto other = file_bytes::open("/proc/self/status", how);
      REQUIRE(other);
      moved = *std::move(other);
      CHECK(text_of(moved).find("Name:") != std::string_view::npos);
    }
  }
}

TEST_CASE("mapped bytes stay when the file is replaced as a whole, and when it is removed") {
  const support::temp_dir folder;
  REQUIRE(mr::store::write_file(folder / "a", std::string("old")));
  const auto content = file_bytes::open(folder / "a", file_access::map);
  REQUIRE(content);
  REQUIRE(mr::store::write_file(folder / "a", std::string("a longer one")));
  CHECK(text_of(*content) == "old");
  CHECK(text_of(file_bytes::open(folder / "a", file_access::map).value()) == "a longer one");
}

TEST_CASE("a pipe is opened once: its writer may leave as soon as it has written") {
  const support::temp_dir folder;
  const std::string path = folder / "pipe";
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  std::signal(SIGPIPE, SIG_IGN);
  for (const file_access how : {file_access::read, file_access::map}) {
    for (int i = 0; i < 200; ++i) {
      std::string got;
      std::atomic<bool> is_read{false};
      std::thread reader([&] {
        if (const auto content = file_bytes::open(path, how)) got = text_of(*content);
        is_read = true;
      });
      const int writer = ::open(path.c_str(), O_WRONLY);  // waits for the reader
      const bool written = ::write(writer, "a model", 7) == 7;
      ::close(writer);
      // A reader that came again would wait for another writer without end.
      for (int waited = 0; !is_read && waited < 2000; ++waited)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      if (!is_read) ::close(::open(path.c_str(), O_WRONLY | O_NONBLOCK));
      reader.join();
      REQUIRE(written);
      REQUIRE(got == "a model");
    }
  }
  std::signal(SIGPIPE, SIG_DFL);
}

TEST_CASE("a file that has a size and cannot be mapped is read") {
  constexpr const char* path = "/sys/kernel/mm/transparent_hugepage/enabled";
  const auto content = file_bytes::open(path, file_access::read);
  if (!content) return;  // not on every system
  const auto mapped = file_bytes::open(path, file_access::map);
  REQUIRE(mapped);
  CHECK(text_of(*mapped) == text_of(*content));
}

TEST_CASE("a file that cannot be read or mapped is named") {
  const support::temp_dir folder;
  for (const file_access how : {file_access::read, file_access::map}) {
    const auto missing = file_bytes::open(folder / "none", how);
    REQUIRE(!missing);
    CHECK(missing.error().code() == mr::errc::not_found);
    CHECK(missing.error().message().find(folder / "none") != std::string::npos);
    const auto directory = file_bytes::open(folder.path().string(), how);
    REQUIRE(!directory);
    CHECK(directory.error().message().find(folder.path().string()) != std::string::npos);
  }
}

#if defined(__linux__)
TEST_CASE("a file that is larger than memory is an error with its path and its size") {
  if (!support::counts_allocations) return;  // a sanitizer's allocator ends the program instead
  // Sizes for which there are no addresses, or which no vector may have: no machine's memory has room for them.
  for (const off_t size : {off_t{1} << 62, std::numeric_limits<off_t>::max() - 4095}) {
    const mr::store::file large(::memfd_create("large", MFD_CLOEXEC), "large");
    REQUIRE(large.is_open());
    if (::ftruncate(large.descriptor(), size) != 0) return;  // not on every system
    const std::string path = "/proc/self/fd/" + std::to_string(large.descriptor());
    const std::string reason = '"' + path + "\": memory has no room for " + std::to_string(size) + " bytes";
    for (const file_access how : {file_access::read, file_access::map}) {
      const auto refused = file_bytes::open(path, how);
      REQUIRE(!refused);
      CHECK(refused.error().code() == mr::errc::unavailable);
      CHECK(refused.error().message() == (how == file_access::map ? "cannot map " : "cannot read ") + reason);
    }
    CHECK(mr::store::read_bytes(path).error().message() == "cannot read " + reason);
    CHECK(mr::store::read_file(path).error().message() == "cannot read " + reason);
  }
}
#endif
