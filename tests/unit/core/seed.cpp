#include <millrace/core/seed.hpp>
