#include "supervisor/supervisor_output.hpp"

#include "detail/log.hpp"

namespace coqmp::detail {

namespace {

class calling_out
{
public:
    explicit calling_out(std::atomic<int>& calls) noexcept : calls_(calls) { ++calls_; }
    calling_out(calling_out const&) = delete;
    calling_out& operator=(calling_out const&) = delete;
    ~calling_out() { --calls_; }

private:
    std::atomic<int>& calls_;
};

}  // namespace

void supervisor_output::publish(change const& what)
{
    calling_out const mark(calls_out_);
    changes_.publish(what);
}

void supervisor_output::publish(machine_event const& what)
{
    calling_out const mark(calls_out_);
    events_.publish(what);
}

void supervisor_output::write(supervisor_options const& options, log_level level, std::string const& machine,
                              std::string const& sentence)
{
    calling_out const mark(calls_out_);
    log(options.log, machine, level, sentence);
}

void supervisor_output::end()
{
    changes_.end();
    events_.end();
}

}  // namespace coqmp::detail
