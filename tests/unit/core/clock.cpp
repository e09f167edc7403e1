#include <millrace/core/clock.hpp>
