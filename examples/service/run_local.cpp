#include "brokers.hpp"
#include "run.hpp"
#include "service.hpp"

namespace service {

mr::result<void> run_on_local_queue(loaded with, const options& asked, const signals& told) {
  return run_service<local_broker>(std::move(with), asked, told);
}

}  // namespace service
