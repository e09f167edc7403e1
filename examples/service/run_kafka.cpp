#include "kafka_broker.hpp"
#include "run.hpp"
#include "service.hpp"

namespace service {

mr::result<void> run_on_kafka(loaded with, const options& asked, const signals& told) {
  return run_service<kafka_broker>(std::move(with), asked, told);
}

}  // namespace service
