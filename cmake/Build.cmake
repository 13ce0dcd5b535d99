# How everything is compiled: C++23, warnings as errors, hardening, sanitizers, ccache.
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

include(CheckPIESupported)
check_pie_supported(LANGUAGES CXX)

set(SS_SANITIZE "" CACHE STRING "sanitizers to build with, as -fsanitize= takes them")
option(SS_COVERAGE "build with gcov counters" OFF)
option(SS_FUZZ "build the fuzz targets" OFF)

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1 -DNDEBUG")
# A designated initialiser that leaves a member at its default is what we mean: no warning for it.
add_compile_options(-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wno-missing-field-initializers -Werror
                    -fstack-protector-strong -fcf-protection=full -ftrivial-auto-var-init=zero -fno-omit-frame-pointer)
add_link_options(-Wl,-z,relro,-z,now,-z,noexecstack,--as-needed)
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Debug")
  add_compile_options(-g1 -D_GLIBCXX_ASSERTIONS)
endif()
# g++ 12 takes the inlined operator new and delete of a coroutine's frame for a pair that does not fit (GCC bug 103993).
add_compile_options($<$<CXX_COMPILER_ID:GNU>:-Wno-mismatched-new-delete>)
# clang takes libstdc++'s own use of std::get_temporary_buffer (in stable_sort) for ours.
add_compile_options($<$<CXX_COMPILER_ID:Clang>:-Wno-deprecated-declarations>)
if(SS_SANITIZE)
  # No -O1: it doubles the time that a file takes to compile (7.0 against 3.1 s); the libraries stay uninstrumented.
  # Instrumented temporaries look uninitialized to g++ (its manual says so of -fsanitize); the sanitizers know better.
  add_compile_options(-fsanitize=${SS_SANITIZE} -fno-sanitize-recover=all
                      $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized> $<$<CXX_COMPILER_ID:GNU>:-Wno-uninitialized>)
  add_link_options(-fsanitize=${SS_SANITIZE})
endif()
if(SS_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(SS_COVERAGE)
  add_compile_options(--coverage -fprofile-update=atomic)
  add_link_options(--coverage)
endif()
