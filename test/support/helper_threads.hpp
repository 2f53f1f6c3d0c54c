// Waits for the threads that start and end processes.
#ifndef COQMP_TEST_SUPPORT_HELPER_THREADS_HPP
#define COQMP_TEST_SUPPORT_HELPER_THREADS_HPP

#include "process/helper_thread.hpp"

#include <future>

namespace coqmp::test {

/// Returns once the helper threads have done all earlier work. By then, a process that was started too late has been killed.
inline void await_helper_threads()
{
    for (auto* const thread : {&detail::helper_thread::for_starting(), &detail::helper_thread::for_ending()}) {
        std::promise<void> done;
        auto const result = done.get_future();
        thread->run([&done] { done.set_value(); });
        result.wait();
    }
}

}  // namespace coqmp::test

#endif
