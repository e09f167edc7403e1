#include <millrace/store/http_stream.hpp>

#include <support/catch.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace ms = millrace::store;

namespace {

/// Counts down, and notes when it is gone.
struct countdown {
  int left;
  std::shared_ptr<bool> gone;

  bool read(std::string& piece) {
    piece += std::to_string(left);
    return --left > 0;
  }
  countdown(int from, std::shared_ptr<bool> note) : left(from), gone(std::move(note)) {}
  countdown(countdown&&) = default;
  ~countdown() {
    if (gone) *gone = true;
  }
};

struct thrower {
  bool read(std::string&) { throw std::runtime_error("no more"); }
};

}  // namespace

TEST_CASE("a stream is read piece by piece, by whichever of its copies, and goes with the last of them") {
  const auto gone = std::make_shared<bool>(false);
  ms::http_stream stream(countdown(3, gone), {.heartbeat = "x"});
  CHECK(stream);
  CHECK_FALSE(ms::http_stream());
  CHECK(stream.options().heartbeat == "x");
  ms::http_stream copy = stream;
  std::string piece;
  CHECK(stream.read(piece));
  CHECK(copy.read(piece));
  CHECK_FALSE(stream.read(piece));
  CHECK(piece == "321");
  ms::http_stream moved = std::move(copy);
  stream = ms::http_stream();
  CHECK_FALSE(*gone);
  moved = ms::http_stream();
  CHECK(*gone);
}

TEST_CASE("a stream whose source throws has ended") {
  const ms::http_stream stream{thrower()};
  std::string piece;
  CHECK_FALSE(stream.read(piece));
}
