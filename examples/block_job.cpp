// A job: copies a disk while its guest runs, and moves the guest to the copy (a mirror with its pivot). Ctrl-C cancels it.
// usage: block_job ADDRESS [BYTES-PER-SECOND]        (of a QEMU to which this program may add two disks)
#include <coqmp/coqmp.hpp>

#include <boost/asio/this_coro.hpp>

#include <cstdint>
#include <iostream>
#include <string>

namespace asio = boost::asio;

void print(coqmp::job_progress const& progress)
{
    std::cout << "m0: " << progress << '\n';
}

asio::awaitable<void> mirror(std::string monitor, std::string speed)
{
    coqmp::session vm{co_await asio::this_coro::executor};
    co_await vm.async_connect(coqmp::endpoint::parse(monitor));
    auto disk = coqmp::command("blockdev-add").with("driver", "null-co").with("size", 64 << 20).with("read-zeroes", true);
    co_await vm.execute(disk.with("node-name", "disk"));
    co_await vm.execute(disk.with("node-name", "copy"));

    auto const command = coqmp::command("blockdev-mirror").with("device", "disk").with("target", "copy").with("sync", "full");
    std::int64_t const limit = std::stoll(speed);
    coqmp::job job = co_await coqmp::start_job(vm, coqmp::command(command).with("job-id", "m0").with("speed", limit));
    // Waits until the copy is complete, pivots, and waits until the job has ended. If the job fails, run() throws; if run() is
    // cancelled, it cancels the job and waits until that has ended.
    co_await job.run(print);
    std::cout << "the guest uses the copy now\n";
}

int main(int argc, char** argv)
{
    // Ctrl-C cancels the coroutine. What it throws is printed: "block_job: job m0 failed: No space left on device"
    return coqmp::run_program("block_job", mirror(argc > 1 ? argv[1] : "", argc > 2 ? argv[2] : "0"));
}
