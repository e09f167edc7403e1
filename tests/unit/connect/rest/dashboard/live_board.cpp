#include <millrace/connect/rest/dashboard/live_board.hpp>

#include <support/catch.hpp>

#include <nlohmann/json.hpp>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

namespace mr = millrace;
namespace ms = millrace::store;
namespace rest = millrace::connect::rest;

namespace {

struct counting_panel {
  std::atomic<int>* looks;
  std::string_view title() const noexcept { return "Counts"; }
  mr::result<void> show(rest::panel_writer& to) {
    const int now = ++*looks;
    to.figure("Looks", now).state("Parity", now % 2 == 0 ? "even" : "odd");
    if (now == 2) to.figure("Two", 2, "s");
    return {};
  }
};
/// Works at first, then fails in two ways.
struct failing_panel {
  int looks = 0;
  std::string_view title() const noexcept { return "Faults"; }
  mr::result<void> show(rest::panel_writer& to) {
    if (++looks == 2) return mr::error(mr::errc::io, "the <disk> is gone");
    if (looks == 3) throw std::runtime_error("thrown");
    to.state("Disk", "there");
    return {};
  }
};
struct seldom_panel {
  int looks = 0;
  std::string_view title() const noexcept { return "Seldom"; }
  mr::duration period() const noexcept { return mr::duration(3'600'000'000'000); }
  mr::result<void> show(rest::panel_writer& to) {
    to.figure("Looks", ++looks);
    return {};
  }
};

rest::board_options by_hand() {
  rest::board_options made;
  made.interval = mr::duration(0);
  made.points = 3;
  made.max_listeners = 2;
  return made;
}
std::string read(const ms::http_stream& stream) {
  std::string piece;
  static_cast<void>(stream.read(piece));
  return piece;
}

}  // namespace

TEST_CASE("a board shows what its panels show, and keeps the last values of their figures") {
  std::atomic<int> looks = 0;
  rest::live_board board(by_hand(), counting_panel{&looks}, seldom_panel());
  CHECK_FALSE(board.is_live());
  for (int i = 0; i < 4; ++i) static_cast<void>(board.refresh());
  const auto got = nlohmann::json::parse(board.snapshot());
  CHECK(got["id"] == 5);
  CHECK(got["title"] == "millrace");
  CHECK(got["panels"].size() == 2);
  const auto& counts = got["panels"][0];
  CHECK(counts["title"] == "Counts");
  REQUIRE(counts["figures"].size() == 1);  // the other was shown once
  CHECK(counts["figures"][0]["value"] == 5);
  CHECK(counts["figures"][0]["points"] == nlohmann::json{3, 4, 5});
  CHECK(counts["states"][0]["value"] == "odd");
  CHECK(got["panels"][1]["figures"][0]["points"] == nlohmann::json{1});  // asked once an hour
}

TEST_CASE("a panel that fails shows its error beside what it had, and takes no other down") {
  std::atomic<int> looks = 0;
  rest::live_board board(by_hand(), failing_panel(), counting_panel{&looks});
  CHECK_FALSE(nlohmann::json::parse(board.snapshot())["panels"][0].contains("error"));
  for (const char* error : {"the <disk> is gone", "the panel threw: thrown"}) {
    const auto got = nlohmann::json::parse(board.snapshot());
    CHECK(got["panels"][0]["error"].get<std::string>().find(error) != std::string::npos);
    CHECK(got["panels"][0]["states"][0]["value"] == "there");
    CHECK(got["panels"][1]["figures"][0]["value"] == looks.load());
  }
  CHECK_FALSE(nlohmann::json::parse(board.snapshot())["panels"][0].contains("error"));
}

TEST_CASE("who listens to a board gets the last snapshot at once, and each that follows") {
  std::atomic<int> looks = 0;
  rest::live_board board(by_hand(), counting_panel{&looks});
  static_cast<void>(board.refresh());
  static_cast<void>(board.refresh());
  {
    const auto first = board.listen({});
    CHECK(first.status == 200);
    const std::string begun = read(first.stream);
    CHECK(begun.find("id: 2\nevent: snapshot\ndata: {\"id\":2,") != std::string::npos);
    CHECK(begun.find("id: 1\n") == std::string::npos);
    const auto again = board.listen({.headers = {{"last-event-id", "2"}}});
    CHECK(read(again.stream).find("data: ") == std::string::npos);
    CHECK(board.listeners() == 2);
    CHECK(board.listen({}).status == 503);
    static_cast<void>(board.refresh());
    CHECK(read(first.stream).find("id: 3\n") == 0);
    CHECK(read(again.stream).find("id: 3\n") == 0);
    CHECK(looks == 3);  // one look for both
    board.close();
    std::string rest_of_it;
    CHECK_FALSE(first.stream.read(rest_of_it));
  }
  CHECK(board.listeners() == 0);
  CHECK(board.listen({}).status == 503);
  static_cast<void>(board.snapshot());
  CHECK(looks == 3);  // nobody is asked once it is closed
}

TEST_CASE("a board takes snapshots by itself until it is closed") {
  std::atomic<int> looks = 0;
  rest::board_options options;
  options.interval = mr::duration(2'000'000);
  rest::live_board board(options, counting_panel{&looks});
  CHECK(board.is_live());
  for (int i = 0; i < 2000 && looks < 5; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  CHECK(looks >= 5);
  const auto stream = board.listen({});
  CHECK(read(stream.stream).find("event: snapshot") != std::string::npos);
  board.close();
  CHECK_FALSE(board.is_live());
  const int at_the_end = looks;
  std::this_thread::sleep_for(std::chrono::milliseconds(10));
  CHECK(looks == at_the_end);
  board.close();
}

TEST_CASE("a board's snapshot is bounded, whatever its panels have") {
  struct endless_panel {
    std::string_view title() const noexcept { return "Endless"; }
    mr::result<void> show(rest::panel_writer& to) {
      const std::string text(100'000, '\x01');
      for (int i = 0; i < 1000; ++i) to.figure(text + std::to_string(i), i).state(text, text);
      for (int i = 0; i < 10; ++i) {
        to.table(text, {text, text});
        for (int k = 0; k < 1000; ++k) to.row({text, text});
      }
      return {};
    }
  };
  rest::live_board board(by_hand(), endless_panel(), endless_panel());
  const std::string got = board.snapshot();
  CHECK(got.size() < 300'000);
  CHECK(nlohmann::json::parse(got)["panels"].size() == 2);
}
