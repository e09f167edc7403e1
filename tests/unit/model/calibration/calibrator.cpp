#include <millrace/model/calibration/calibrator.hpp>

#include <millrace/model/calibration/isotonic.hpp>
#include <millrace/model/calibration/platt.hpp>

#include <support/catch.hpp>

TEST_CASE("platt and isotonic are calibrators, and a number is none") {
  CHECK(millrace::model::calibrator<millrace::model::platt>);
  CHECK(millrace::model::calibrator<millrace::model::isotonic>);
  CHECK_FALSE(millrace::model::calibrator<double>);
}
