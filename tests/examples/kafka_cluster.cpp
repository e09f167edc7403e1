// librdkafka's cluster for tests as a program: it says where its broker is, and ends with its input.
#include <support/mock_kafka.hpp>

#include <cstdio>

int main(int argc, char** argv) {
  const support::mock_kafka kafka;
  for (int i = 1; i < argc; ++i) kafka.make_topic(argv[i], 4);
  std::printf("%s\n", kafka.brokers().c_str());
  std::fflush(stdout);
  while (std::getchar() != EOF) continue;
}
