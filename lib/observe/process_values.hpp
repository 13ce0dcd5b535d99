#pragma once
// What the kernel says of this process, for the process_… metrics.

namespace ss::observe {

struct ProcessValues {
    double start_time = 0;  // seconds since 1970
    double resident_bytes = 0;
    double cpu_seconds = 0;
    double open_files = 0;
    double most_files = 0;
    double threads = 0;
};

ProcessValues read_process_values();

}  // namespace ss::observe
