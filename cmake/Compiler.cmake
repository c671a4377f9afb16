# Warnings, sanitizers and hardening: one interface target that every target of ours links.
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)

add_library(stockroom_compiler INTERFACE)
target_compile_definitions(stockroom_compiler INTERFACE _GNU_SOURCE)
target_include_directories(stockroom_compiler INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(stockroom_compiler INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wmissing-prototypes -Wstrict-prototypes -Wvla
  -Wformat=2 -Wundef -Wpointer-arith -fno-common
  $<$<BOOL:${STOCKROOM_WERROR}>:-Werror>)

if(STOCKROOM_SANITIZE)
  target_compile_options(stockroom_compiler INTERFACE -fsanitize=${STOCKROOM_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(stockroom_compiler INTERFACE -fsanitize=${STOCKROOM_SANITIZE})
  # Sanitizers map terabytes and make calls of their own: the sessions' sandbox is told to allow that.
  target_compile_definitions(stockroom_compiler INTERFACE STOCKROOM_SANITIZED)
endif()
if(STOCKROOM_FUZZ)
  target_compile_options(stockroom_compiler INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(STOCKROOM_HARDEN)
  target_compile_options(stockroom_compiler INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-protector-strong
    -fstack-clash-protection)
  target_link_options(stockroom_compiler INTERFACE -Wl,-z,relro,-z,now)
endif()
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
target_link_options(stockroom_compiler INTERFACE $<$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>:-pie>)
