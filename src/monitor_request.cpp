#include <coqmp/monitor_request.hpp>

#include "server/client_connection.hpp"
#include "server/request_impl.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace json = boost::json;

namespace coqmp {

detail::request_impl& detail::impl_of(monitor_request& handle) noexcept
{
    return *handle.impl_;
}

namespace {

/// The connection of a request that was not answered, and counts as answered from now on. None if the client has left.
std::shared_ptr<detail::client_connection> take_connection(detail::request_impl* request) noexcept
{
    if (request == nullptr || std::exchange(request->is_answered, true))
        return nullptr;
    return request->connection.lock();
}

}  // namespace

monitor_request::monitor_request(std::unique_ptr<detail::request_impl> impl) noexcept : impl_(std::move(impl)) {}

monitor_request::monitor_request(monitor_request&&) noexcept = default;

monitor_request& monitor_request::operator=(monitor_request&& other) noexcept
{
    monitor_request replaced(std::move(*this));
    impl_ = std::move(other.impl_);
    return *this;
}

monitor_request::~monitor_request()
{
    if (is_pending())
        fail("The command was not executed");
}

std::string const& monitor_request::name() const noexcept
{
    return impl_->command.name;
}

json::object const& monitor_request::arguments() const noexcept
{
    return impl_->command.arguments;
}

json::object& monitor_request::arguments() noexcept
{
    return impl_->command.arguments;
}

bool monitor_request::is_out_of_band() const noexcept
{
    return impl_->command.out_of_band;
}

monitor_client const& monitor_request::client() const noexcept
{
    return *impl_->client;
}

std::vector<descriptor> monitor_request::take_descriptors(std::size_t most)
{
    std::vector<descriptor> result = std::exchange(impl_->descriptors, {});
    result.erase(result.begin() + static_cast<std::ptrdiff_t>(std::min(most, result.size())), result.end());
    return result;
}

// Here, and not in another thread, the values need not be copied.
void monitor_request::answer(json::value const& value)
{
    auto const connection = take_connection(impl_.get());
    if (!connection)
        return;
    if (connection->is_at_home())
        return connection->answer(impl_->ticket, is_out_of_band(), value, {});
    connection->post([value, which = impl_->ticket, urgent = is_out_of_band()](detail::client_connection& to) {
        to.answer(which, urgent, value, {});
    });
}

void monitor_request::answer(json::value const& value, std::vector<descriptor> descriptors)
{
    if (auto const connection = take_connection(impl_.get()))
        connection->post([value, carried = std::move(descriptors), which = impl_->ticket, urgent = is_out_of_band()](
                             detail::client_connection& to) mutable { to.answer(which, urgent, value, std::move(carried)); });
}

void monitor_request::answer_text(std::string_view value)
{
    auto const connection = take_connection(impl_.get());
    if (!connection)
        return;
    if (connection->is_at_home())
        return connection->answer_text(impl_->ticket, is_out_of_band(), value);
    connection->post([text = std::string(value), which = impl_->ticket,
                      urgent = is_out_of_band()](detail::client_connection& to) { to.answer_text(which, urgent, text); });
}

void monitor_request::fail(command_error const& error)
{
    auto const connection = take_connection(impl_.get());
    if (!connection)
        return;
    if (connection->is_at_home())
        return connection->fail(impl_->ticket, is_out_of_band(), error);
    connection->post([error, which = impl_->ticket, urgent = is_out_of_band()](detail::client_connection& to) {
        to.fail(which, urgent, error);
    });
}

void monitor_request::fail(std::string description)
{
    fail(command_error{"GenericError", std::move(description)});
}

bool monitor_request::is_pending() const noexcept
{
    return impl_ && !impl_->is_answered;
}

}  // namespace coqmp
