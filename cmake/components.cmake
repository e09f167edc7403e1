# What each component needs beside the standard library. Read by the build, and by the installed
# package, so both look for the same things and say the same when one is missing.

set(MILLRACE_ALL_COMPONENTS core millrace curl http kafka mpi openssl redis sqlite xtensor yaml)
set(MILLRACE_DEFAULT_COMPONENTS core millrace)

set(MILLRACE_core_REQUIRES)
set(MILLRACE_core_PACKAGES Threads)

set(MILLRACE_millrace_REQUIRES core)
set(MILLRACE_millrace_PACKAGES Eigen3 ZLIB)

set(MILLRACE_curl_REQUIRES core)
set(MILLRACE_curl_PACKAGES CURL)

set(MILLRACE_http_REQUIRES core)
set(MILLRACE_http_PACKAGES httplib)

set(MILLRACE_kafka_REQUIRES core)
set(MILLRACE_kafka_PACKAGES RdKafka)

set(MILLRACE_mpi_REQUIRES core)
set(MILLRACE_mpi_PACKAGES MPI)

set(MILLRACE_openssl_REQUIRES core)
set(MILLRACE_openssl_PACKAGES OpenSSL)

set(MILLRACE_redis_REQUIRES core)
set(MILLRACE_redis_PACKAGES hiredis)

set(MILLRACE_sqlite_REQUIRES core)
set(MILLRACE_sqlite_PACKAGES SQLite3)

set(MILLRACE_xtensor_REQUIRES core)
set(MILLRACE_xtensor_PACKAGES xtensor)

set(MILLRACE_yaml_REQUIRES core)
set(MILLRACE_yaml_PACKAGES yaml-cpp)

# package -> the target it defines, its name for people, the Debian and Ubuntu package
set(MILLRACE_PACKAGE_Threads Threads::Threads "a thread library" libc6-dev)
set(MILLRACE_PACKAGE_Eigen3 Eigen3::Eigen "Eigen 3.4" libeigen3-dev)
set(MILLRACE_PACKAGE_ZLIB ZLIB::ZLIB "zlib" zlib1g-dev)
set(MILLRACE_PACKAGE_CURL CURL::libcurl "libcurl 7.85" libcurl4-openssl-dev)
set(MILLRACE_PACKAGE_httplib httplib::httplib "cpp-httplib 0.11" "libcpp-httplib-dev pkg-config")
set(MILLRACE_PACKAGE_RdKafka RdKafka::rdkafka "librdkafka 2.0" "librdkafka-dev pkg-config")
set(MILLRACE_PACKAGE_MPI MPI::MPI_CXX "MPI 3" libopenmpi-dev)
set(MILLRACE_PACKAGE_OpenSSL OpenSSL::Crypto "OpenSSL 3" libssl-dev)
set(MILLRACE_PACKAGE_hiredis hiredis::hiredis "hiredis 0.14" libhiredis-dev)
set(MILLRACE_PACKAGE_SQLite3 SQLite::SQLite3 "SQLite 3.38" libsqlite3-dev)
set(MILLRACE_PACKAGE_xtensor xtensor "xtensor" libxtensor-dev)
set(MILLRACE_PACKAGE_yaml-cpp yaml-cpp::yaml-cpp "yaml-cpp 0.7" libyaml-cpp-dev)

# Where this file is: find modules of ours stand beside it.
set(MILLRACE_CMAKE_FOLDER ${CMAKE_CURRENT_LIST_DIR})

# Looks for what `component` needs. `missing` becomes a sentence for each package that is not there.
# A macro, since find_package may set variables that belong to the caller's scope.
macro(millrace_find_packages component missing)
  set(${missing} "")
  foreach(_millrace_package IN LISTS MILLRACE_${component}_PACKAGES)
    list(GET MILLRACE_PACKAGE_${_millrace_package} 0 _millrace_target)
    if(NOT TARGET ${_millrace_target})
      list(PREPEND CMAKE_MODULE_PATH ${MILLRACE_CMAKE_FOLDER})
      find_package(${_millrace_package} QUIET)
      list(POP_FRONT CMAKE_MODULE_PATH)
    endif()
    if(NOT TARGET ${_millrace_target})
      list(GET MILLRACE_PACKAGE_${_millrace_package} 1 _millrace_title)
      list(GET MILLRACE_PACKAGE_${_millrace_package} 2 _millrace_debian)
      string(APPEND ${missing} "millrace::${component} needs ${_millrace_title}, which CMake does not find "
             "(target ${_millrace_target}): install ${_millrace_debian} (Debian, Ubuntu) or set "
             "${_millrace_package}_ROOT.\n")
    endif()
  endforeach()
  unset(_millrace_package)
  unset(_millrace_target)
  unset(_millrace_title)
  unset(_millrace_debian)
endmacro()
