#include <millrace/observe/export/udp_sender.hpp>

#include <support/catch.hpp>
#include <support/udp_receiver.hpp>

#include <string>

namespace mr = millrace;

TEST_CASE("datagrams arrive whole, by number and by name") {
  support::udp_receiver receiver;
  for (const std::string host : {"127.0.0.1", "localhost"}) {
    auto sender = mr::observe::udp_sender::open(host, receiver.port());
    REQUIRE(sender);
    REQUIRE((*sender)("one:1|c"));
    REQUIRE((*sender)(std::string(1432, 'x')));
    CHECK(receiver.receive() == "one:1|c");
    CHECK(receiver.receive() == std::string(1432, 'x'));
  }
}

TEST_CASE("a host that is none, and a port where nobody listens, are errors with the address") {
  const auto nowhere = mr::observe::udp_sender::open("256.0.0.1.invalid", 8125);
  REQUIRE(!nowhere);
  CHECK(nowhere.error().code() == mr::errc::not_found);
  CHECK(nowhere.error().message().find("256.0.0.1.invalid:8125") != std::string::npos);

  std::uint16_t port = 0;
  {
    const support::udp_receiver gone;
    port = gone.port();
  }
  auto sender = mr::observe::udp_sender::open("127.0.0.1", port);
  REQUIRE(sender);
  // The refusal of one datagram is told at the next.
  bool refused = false;
  for (int i = 0; i < 50 && !refused; ++i) {
    const auto sent = (*sender)("x:1|c");
    refused = !sent;
    if (refused) CHECK(sent.error().code() == mr::errc::unavailable);
  }
  CHECK(refused);
}

TEST_CASE("a datagram longer than the network takes is an error, not silence") {
  support::udp_receiver receiver;
  auto sender = mr::observe::udp_sender::open("127.0.0.1", receiver.port());
  REQUIRE(sender);
  const auto sent = (*sender)(std::string(100'000, 'x'));
  REQUIRE(!sent);
  CHECK(sent.error().code() == mr::errc::io);
}
