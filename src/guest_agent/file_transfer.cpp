#include "guest_agent/file_transfer.hpp"

#include "guest_agent/answers.hpp"
#include "guest_agent/base64.hpp"
#include "guest_agent/calls.hpp"

#include <boost/system/system_error.hpp>

#include <algorithm>
#include <string_view>
#include <utility>

namespace asio = boost::asio;
namespace json = boost::json;
using boost::system::system_error;

namespace coqmp::detail {

namespace {

using impl_pointer = guest_agent_impl::pointer;

[[noreturn]] void fail(errc why, std::string const& command, std::string const& path)
{
    throw system_error(make_error_code(why), command + " " + path);
}

/// An open file in the guest. Closes it unless close() has succeeded.
class guest_file
{
public:
    guest_file(impl_pointer impl, std::int64_t handle) noexcept : impl_(std::move(impl)), handle_(handle) {}
    guest_file(guest_file const&) = delete;
    guest_file& operator=(guest_file const&) = delete;
    ~guest_file()
    {
        if (impl_)
            impl_->release_file(handle_);
    }

    void closed() noexcept { impl_.reset(); }

private:
    impl_pointer impl_;
    std::int64_t handle_;
};

asio::awaitable<void> seek(impl_pointer impl, std::int64_t handle, std::uint64_t offset)
{
    command what("guest-file-seek");
    // Agents before 2.6 take only the number of SEEK_SET.
    what.with("handle", handle).with("offset", offset).with("whence", 0);
    auto operation = call(std::move(impl), std::move(what));
    static_cast<void>(co_await std::move(operation));
}

}  // namespace

asio::awaitable<std::string> read_guest_file(impl_pointer impl, std::string path, std::uint64_t offset,
                                             std::optional<std::size_t> count)
{
    std::size_t const limit = impl->options().max_file_size;
    auto opening = call_open(impl, path, "rb");
    std::int64_t const handle = co_await std::move(opening);
    guest_file file(impl, handle);
    if (offset != 0) {
        auto seeking = seek(impl, handle, offset);
        co_await std::move(seeking);
    }
    std::string content;
    bool is_over = count == 0U;
    while (!is_over) {
        std::size_t const most = std::min(transfer_chunk, count ? *count - content.size() : transfer_chunk);
        command what("guest-file-read");
        what.with("handle", handle).with("count", most);
        auto reading = call(impl, std::move(what));
        json::value const answer = co_await std::move(reading);
        auto const chunk = read_file_chunk(answer, most);
        if (!chunk || (chunk->bytes.empty() && !chunk->is_end))
            fail(errc::malformed_answer, "guest-file-read", path);
        if (limit != 0 && chunk->bytes.size() > limit - content.size())
            fail(errc::file_too_large, "guest-file-read", path);
        content += chunk->bytes;
        is_over = chunk->is_end || content.size() == count;
    }
    auto closing = call_close(impl, handle);
    co_await std::move(closing);
    file.closed();
    co_return content;
}

asio::awaitable<void> write_guest_file(impl_pointer impl, std::string path, std::string bytes,
                                       std::optional<std::uint64_t> offset)
{
    auto opening = call_open(impl, path, offset ? "rb+" : "wb");
    std::int64_t const handle = co_await std::move(opening);
    guest_file file(impl, handle);
    if (offset.value_or(0) != 0) {
        auto seeking = seek(impl, handle, *offset);
        co_await std::move(seeking);
    }
    std::string_view rest = bytes;
    while (!rest.empty()) {
        std::string_view const part = rest.substr(0, transfer_chunk);
        command what("guest-file-write");
        what.with("handle", handle).with("buf-b64", encode_base64(part));
        auto writing = call(impl, std::move(what));
        json::value const answer = co_await std::move(writing);
        auto const written = read_written_bytes(answer, part.size());
        if (!written || *written == 0)
            fail(errc::malformed_answer, "guest-file-write", path);
        rest.remove_prefix(*written);
    }
    // The guest may report a full disk only now.
    auto closing = call_close(impl, handle);
    co_await std::move(closing);
    file.closed();
}

}  // namespace coqmp::detail
