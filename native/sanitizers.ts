// How native code is built and run under AddressSanitizer and UndefinedBehaviorSanitizer: ggml from the bundle too, so that
// its kernels are watched like the rest.

/** CMake definitions of a sanitized build. Optimised, or the tests would take hours. */
export const sanitizedBuild: Record<string, string> = {
  KANGAROO_SANITIZE: 'ON',
  KANGAROO_GGML: 'bundle',
  GGML_OPENMP: 'OFF', // the engine brings its own threads
  GGML_LLAMAFILE: 'OFF',
  CMAKE_C_FLAGS_RELEASE: '-O2 -DNDEBUG',
  CMAKE_CXX_FLAGS_RELEASE: '-O2 -DNDEBUG',
};

/** The environment of a sanitized program: it ends at the first finding; a leak is one. */
export const sanitizedEnvironment: Record<string, string> = {
  ASAN_OPTIONS: 'detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1',
  UBSAN_OPTIONS: 'halt_on_error=1:print_stacktrace=1',
};
