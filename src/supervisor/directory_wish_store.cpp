#include "supervisor/directory_wish_store.hpp"

#include "detail/explained_error.hpp"
#include "detail/own_directory.hpp"
#include "detail/small_file.hpp"
#include "process/helper_thread.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <filesystem>
#include <new>
#include <system_error>
#include <utility>

namespace coqmp::detail {

using boost::system::error_code;

namespace {

constexpr ::mode_t wish_directory_mode = 0700;

error_code wish_error() noexcept
{
    return {errno, boost::system::system_category()};
}

bool try_lock(int directory)
{
    return ::flock(directory, LOCK_EX | LOCK_NB) == 0;
}

/// Creates it if it does not exist.
std::shared_ptr<unique_fd const> open_directory(std::filesystem::path const& path)
{
    if (::mkdir(path.c_str(), wish_directory_mode) == 0) {
        unique_fd const parent(::open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        ::fsync(parent.number());
    } else if (errno != EEXIST) {
        throw explained_error(wish_error(), "cannot make the directory " + path.native() + ": " + wish_error().message());
    }
    auto result = std::make_shared<unique_fd const>(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    require_own_directory(result->number(), path.native());
    return result;
}

std::shared_ptr<unique_fd const> lock_directory(std::filesystem::path const& path)
{
    auto result = open_directory(path);
    if (try_lock(result->number()))
        return result;
    helper_thread::for_files().catch_up();  // an earlier supervisor in this program may still be writing
    if (try_lock(result->number()))
        return result;
    error_code const code = wish_error();
    std::string const reason = code == boost::system::errc::resource_unavailable_try_again
                                   ? "another supervisor manages the machines there; end it first"
                                   : code.message();
    throw explained_error(code, "cannot lock the directory " + path.native() + ": " + reason);
}

/// On a helper thread.
error_code write_wish(unique_fd const& top, std::string const& machine, std::string const& file, std::string const& text) noexcept
try {
    if (::mkdirat(top.number(), machine.c_str(), wish_directory_mode) != 0 && errno != EEXIST)
        return wish_error();
    if (::fsync(top.number()) != 0)  // even if another program has created the directory
        return wish_error();
    replace_small_file_on_disk(file, text + '\n');
    return {};
} catch (boost::system::system_error const& failure) {
    return failure.code();
} catch (std::bad_alloc const&) {
    return make_error_code(boost::system::errc::not_enough_memory);
}

/// On a helper thread. A lock that a QEMU without a record still holds stays, so that no second QEMU is started beside it.
void remove_files(unique_fd const& top, char const* machine) noexcept
{
    unique_fd const place(::openat(top.number(), machine, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
    for (char const* const each : {"record", "wish", "monitor", "log", "log.1"})
        ::unlinkat(place.number(), each, 0);
    unique_fd const lock(::openat(place.number(), "lock", O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (lock.number() >= 0 && try_lock(lock.number()))
        ::unlinkat(place.number(), "lock", 0);
    ::unlinkat(top.number(), machine, AT_REMOVEDIR);
}

}  // namespace

directory_wish_store::directory_wish_store(std::string const& path)
    : path_(std::filesystem::absolute(path)), directory_(lock_directory(path_))
{}

std::optional<memory_record> directory_wish_store::load(std::string const& machine)
{
    std::string const file = file_of(machine);
    auto const text = read_small_file(file);
    if (!text)
        return std::nullopt;
    try {
        return parse_memory_record(*text);
    } catch (boost::system::system_error const& failure) {
        throw explained_error(failure.code(), file + ": " + failure.what());
    }
}

std::vector<std::string> directory_wish_store::names() const
{
    std::vector<std::string> result;
    std::error_code failure;
    std::filesystem::directory_iterator each(path_, failure);
    for (; !failure && each != std::filesystem::directory_iterator(); each.increment(failure)) {
        std::filesystem::path const place = each->path();
        std::error_code ignored;
        if (std::filesystem::exists(place / "wish", ignored) || std::filesystem::exists(place / "record", ignored))
            result.push_back(place.filename().native());
    }
    if (failure) {
        error_code const code(failure.value(), boost::system::system_category());
        throw explained_error(code, "cannot read the directory " + path_.native() + ": " + code.message());
    }
    std::ranges::sort(result);
    return result;
}

void directory_wish_store::save(std::string const& machine, memory_record const& record, saved done)
{
    if (record.boot_id.empty())  // without /proc; no supervisor could read the record
        return done(make_error_code(boost::system::errc::function_not_supported));
    auto write = [top = directory_, machine, file = file_of(machine), text = to_string(record), done]() mutable {
        error_code const error = write_wish(*top, machine, file, text);
        top.reset();  // the next supervisor may lock the directory as soon as the last save is done
        done(error);
    };
    try {
        helper_thread::for_files().run(std::move(write));
    } catch (std::system_error const& failure) {  // no thread
        done({failure.code().value(), boost::system::system_category()});
    }
}

void directory_wish_store::forget(std::string const& machine, saved done)
{
    auto remove = [top = directory_, machine, done]() mutable {
        remove_files(*top, machine.c_str());
        top.reset();
        done({});
    };
    try {
        helper_thread::for_files().run(remove);
    } catch (std::system_error const&) {  // no thread
        remove();
    }
}

}  // namespace coqmp::detail
