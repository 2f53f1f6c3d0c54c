#include "supervisor/guest_dump.hpp"

#include "detail/awaited_result.hpp"
#include "detail/json_access.hpp"
#include "process/helper_thread.hpp"
#include "session/session_impl.hpp"
#include "supervisor/dump_place.hpp"

#include <coqmp/descriptor.hpp>
#include <coqmp/error.hpp>

#include <boost/asio/bind_executor.hpp>

#include <exception>
#include <optional>
#include <system_error>
#include <utility>

namespace asio = boost::asio;

namespace coqmp::detail {

using boost::system::error_code;

namespace {

using namespace std::chrono_literals;

/// The name of the open file in QEMU.
constexpr char const* name_of_file = "coqmp-dump";

/// Work on a helper thread. If there is no thread, it is not done: incomplete files are removed before the next dump.
template <class Work>
bool run_for_files(Work&& work) noexcept
try {
    helper_thread::for_files().run(std::forward<Work>(work));
    return true;
} catch (std::exception const&) {
    return false;
}

std::string dump_failure_text(std::exception_ptr const& failure)
try {
    std::rethrow_exception(failure);
} catch (std::exception const& caught) {
    return caught.what();
}

}  // namespace

/// What a helper thread has found out.
struct guest_dump::opened_dump
{
    unique_fd file{-1};
    std::exception_ptr failure;
};

struct guest_dump::kept_dump
{
    std::string path;  ///< Empty: there is none.
    std::exception_ptr failure;
};

guest_dump::guest_dump(asio::any_io_executor executor, std::shared_ptr<revocable_executor> home, dump_owner& owner,
                       std::string machine)
    : executor_(std::move(executor)), home_(std::move(home)), owner_(&owner), machine_(std::move(machine))
{}

void guest_dump::begin(std::shared_ptr<session_impl> const& monitor, dump_settings settings)
{
    if (phase_ != phase::idle)
        return;
    ++round_;
    phase_ = phase::preparing;
    settings_ = std::move(settings);
    monitor_ = monitor;
    if (settings_.directory.empty())
        return refuse("its policy names no directory for dumps");
    if (!monitor_) {
        phase_ = phase::disconnected;
        return;
    }
    ask(command("query-dump").timeout(0s), &guest_dump::state_known);
}

void guest_dump::ask(command&& request, answer_handler answered)
{
    auto done = [weak = weak_from_this(), answered, round = round_](error_code error, reply const& answer) {
        auto const self = weak.lock();
        if (self && self->owner_ != nullptr && self->round_ == round)
            ((*self).*answered)(error, answer);
    };
    start_execute(monitor_, {asio::bind_executor(executor_, std::move(done)), executor_}, std::move(request));
}

// A supervisor that was restarted finds a panicked guest that its predecessor has dumped, or is dumping.
void guest_dump::state_known(error_code error, reply const& answer)
{
    if (error || answer.has_error())
        return fail(error, answer);
    auto const progress = dump_progress_in(answer);
    if (progress == dump_progress::active) {
        phase_ = phase::writing;
        return;
    }
    if (progress == dump_progress::completed && !is_new_)
        return keep_file(false);
    if (progress == dump_progress::failed && !is_new_)
        return finish();
    ask(command("query-memory-size-summary").timeout(0s), &guest_dump::memory_known);
}

void guest_dump::memory_known(error_code error, reply const& answer)
{
    if (error || answer.has_error())
        return fail(error, answer);
    auto const memory = guest_memory_in(answer);
    if (!memory)
        return refuse("the size of its memory is not known");
    auto receive = [weak = weak_from_this(), round = round_](opened_dump opened) {
        auto const self = weak.lock();
        if (self && self->owner_ != nullptr && self->round_ == round)
            self->file_is_open(opened);
    };
    auto const result = std::make_shared<awaited_result<opened_dump>>(home_, std::move(receive));
    auto open = [result, machine = machine_, settings = settings_, memory = *memory] {
        opened_dump opened;
        try {
            opened.file = dump_place(machine, settings).create(memory);
        } catch (std::exception const&) {
            opened.failure = std::current_exception();
        }
        result->deliver(std::move(opened));
    };
    if (!run_for_files(std::move(open)))
        refuse("there is no thread that could write the file");
}

void guest_dump::file_is_open(opened_dump& opened)
{
    if (opened.failure)
        return refuse(dump_failure_text(opened.failure));
    command request("getfd");
    request.with("fdname", name_of_file).timeout(0s);
    request.with_descriptor(descriptor(opened.file.release()));
    ask(std::move(request), &guest_dump::file_is_passed);
}

void guest_dump::file_is_passed(error_code error, reply const& answer)
{
    if (error || answer.has_error()) {
        discard_file();
        return fail(error, answer);
    }
    is_new_ = false;
    owner_->write(log_level::info, "its guest has panicked: dumping its memory to " + settings_.directory);
    phase_ = phase::writing;
    command request("dump-guest-memory");
    request.with("paging", false).with("protocol", std::string("fd:") + name_of_file).with("detach", true).timeout(0s);
    ask(std::move(request), &guest_dump::begun);
}

// Without an answer, it may have begun all the same: look() says so.
void guest_dump::begun(error_code error, reply const& answer)
{
    if (!error && answer.has_error())
        settle(dump_progress::failed, answer.error().description);
}

void guest_dump::take(event const& what)
{
    if (what.name == "GUEST_PANICKED")
        is_new_ = true;
    if (what.name == "DUMP_COMPLETED" && phase_ == phase::writing)
        settle(dump_progress_in(what), std::string(text_in(what.data, "error")));
}

void guest_dump::look(std::shared_ptr<session_impl> const& monitor)
{
    if (!monitor)
        return;
    if (phase_ == phase::disconnected) {
        phase_ = phase::idle;
        return begin(monitor, settings_);
    }
    if (phase_ != phase::writing)
        return;
    ++round_;
    monitor_ = monitor;
    ask(command("query-dump").timeout(0s), &guest_dump::looked);
}

void guest_dump::looked(error_code error, reply const& answer)
{
    if (error || answer.has_error() || phase_ != phase::writing)
        return;
    auto const progress = dump_progress_in(answer);
    if (progress != dump_progress::none)
        return settle(progress, {});
    phase_ = phase::idle;  // it has not begun
    begin(std::shared_ptr(monitor_), settings_);
}

void guest_dump::settle(dump_progress progress, std::string const& why)
{
    if (progress == dump_progress::active)
        return;
    if (progress == dump_progress::completed)
        return keep_file(true);
    discard_file();
    refuse(why.empty() ? "QEMU could not write the dump" : why);
}

void guest_dump::keep_file(bool is_expected)
{
    phase_ = phase::keeping;
    auto receive = [weak = weak_from_this(), round = ++round_, is_expected](kept_dump const& kept) {
        auto const self = weak.lock();
        if (self && self->owner_ != nullptr && self->round_ == round)
            self->file_is_kept(kept, is_expected);
    };
    auto const result = std::make_shared<awaited_result<kept_dump>>(home_, std::move(receive));
    auto keep = [result, machine = machine_, settings = settings_] {
        kept_dump kept;
        try {
            kept.path = dump_place(machine, settings).keep();
        } catch (std::exception const&) {
            kept.failure = std::current_exception();
        }
        result->deliver(std::move(kept));
    };
    if (!run_for_files(std::move(keep)))
        refuse("there is no thread that could rename the file");
}

void guest_dump::file_is_kept(kept_dump const& kept, bool is_expected)
{
    if (kept.failure)
        return refuse(dump_failure_text(kept.failure));
    if (is_expected && kept.path.empty())
        return refuse("its file is gone");
    if (!kept.path.empty())
        owner_->write(log_level::warning, "its guest has panicked; its memory is in " + kept.path);
    finish();
}

void guest_dump::discard_file()
{
    run_for_files([machine = machine_, settings = settings_] {
        try {
            dump_place(machine, settings).discard();
        } catch (std::exception const&) {
            // There is no directory.
        }
    });
}

void guest_dump::fail(error_code error, reply const& answer)
{
    if (answer.has_error())
        return refuse(answer.error().description);
    phase_ = error == errc::not_sent || error == errc::outcome_unknown ? phase::disconnected : phase_;
    if (phase_ != phase::disconnected)
        refuse(error.message());
}

void guest_dump::refuse(std::string const& why)
{
    owner_->write(log_level::warning, "its guest has panicked, and was not dumped: " + why);
    finish();
}

void guest_dump::finish()
{
    phase_ = phase::idle;
    monitor_.reset();
    ++round_;
    owner_->dumped();
}

void guest_dump::process_ended()
{
    is_new_ = false;
    if (phase_ == phase::idle || phase_ == phase::keeping)
        return;
    discard_file();
    if (phase_ == phase::writing)
        owner_->write(log_level::warning, "QEMU has ended before the dump of its guest was complete: the file is removed");
    phase_ = phase::idle;
    monitor_.reset();
    ++round_;
}

void guest_dump::abandon() noexcept
{
    owner_ = nullptr;
    monitor_.reset();
    executor_ = asio::any_io_executor();
}

}  // namespace coqmp::detail
