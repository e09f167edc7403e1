#include <millrace/core/timestamp.hpp>
