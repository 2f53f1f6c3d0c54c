// A job: copies a disk while its guest runs, and moves the guest to the copy (a mirror with its pivot). Ctrl-C cancels it.
// usage: block_job ADDRESS [BYTES-PER-SECOND]        (of a QEMU to which this program may add two disks)
#include <coqmp/coqmp.hpp>

#include <boost/asio/this_coro.hpp>

#include <exception>
#include <iostream>
#include <string>

namespace asio = boost::asio;

void print(coqmp::job_progress const& progress)
{
    std::cout << "m0: " << progress << '\n';
}

asio::awaitable<void> mirror(coqmp::endpoint monitor, std::int64_t speed)
{
    coqmp::session vm{co_await asio::this_coro::executor};
    co_await vm.async_connect(monitor);
    auto disk = coqmp::command("blockdev-add").with("driver", "null-co").with("size", 64 << 20).with("read-zeroes", true);
    co_await vm.execute(disk.with("node-name", "disk"));
    co_await vm.execute(disk.with("node-name", "copy"));

    auto const command = coqmp::command("blockdev-mirror").with("device", "disk").with("target", "copy").with("sync", "full");
    coqmp::job job = co_await coqmp::start_job(vm, coqmp::command(command).with("job-id", "m0").with("speed", speed));
    // Waits until the copy is complete, pivots, and waits until the job has ended. If the job fails, run() throws; if run() is
    // cancelled, it cancels the job and waits until that has ended.
    co_await job.run(print);
    std::cout << "the guest uses the copy now\n";
}

int main(int argc, char** argv)
try {
    auto const monitor = coqmp::endpoint::parse(argc > 1 ? argv[1] : "");
    coqmp::run(mirror(monitor, argc > 2 ? std::stoll(argv[2]) : 0));  // Ctrl-C cancels the coroutine
} catch (std::exception const& error) {
    std::cerr << "block_job: " << error.what() << '\n';  // "job m0 failed: No space left on device"
    return 1;
}
