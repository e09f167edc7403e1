// A program that asks a server which is not there, and says so.
#include <millrace/connect/curl.hpp>

namespace curl = millrace::connect::curl;

int main() {
  const auto server = curl::transport::make("http://127.0.0.1:1", {.connect_ms = 2000});
  if (!server) return 1;
  const auto response = server->send({.target = "/health"});
  return !response && response.error().code() == millrace::errc::unavailable ? 0 : 1;
}
