// Decides which kind of message the members form, and tolerates members that are missing or of the wrong type.
#include "protocol/envelope.hpp"

#include "detail/print_json.hpp"
#include "protocol/event_time.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

namespace json = boost::json;

namespace coqmp::protocol {

namespace {

constexpr std::uint8_t is_greeting = 1;
constexpr std::uint8_t is_return = 2;
constexpr std::uint8_t is_error = 4;
constexpr std::uint8_t is_event = 8;

constexpr char const* malformed_greeting = "the greeting is not an object";

std::string text_of(json::value const& value)
{
    json::string const& text = value.get_string();
    return std::string(text.data(), text.size());
}

int clamped(std::int64_t number) noexcept
{
    return static_cast<int>(std::clamp<std::int64_t>(number, 0, std::numeric_limits<int>::max()));
}

/// Reads a member of the version. A missing member is zero, and a huge number is clamped. @return false if it is not an integer
bool read_part(json::object const& version, json::string_view name, int& part)
{
    json::value const* value = version.if_contains(name);
    if (value == nullptr)
        return true;
    if (value->is_int64())
        part = clamped(value->get_int64());
    else if (value->is_uint64())
        part = clamped(std::numeric_limits<std::int64_t>::max());  // Boost.JSON uses uint64 only for numbers over int64's range
    else
        return value->is_null();
    return true;
}

/// Reads as much of the form `7.2.22` as the text has. @return whether the text has exactly this form
bool read_parts(std::string_view const text, version& to)
{
    char const* next = text.data();
    char const* const end = next + text.size();
    for (int* const part : {&to.major, &to.minor, &to.micro}) {
        next = std::from_chars(next, end, *part).ptr;
        *part = std::max(*part, 0);
        if (next == end || *next != '.')
            break;
        ++next;
    }
    return text == std::to_string(to.major) + '.' + std::to_string(to.minor) + '.' + std::to_string(to.micro);
}

/// Only people read the version, so its form is never a reason to reject the peer.
void read_version(json::value const& from, version& to)
{
    if (from.is_null())
        return;
    if (json::object const* numbers = from.if_object()) {
        bool const major = read_part(*numbers, "major", to.major);
        bool const minor = read_part(*numbers, "minor", to.minor);
        bool const micro = read_part(*numbers, "micro", to.micro);
        if (major && minor && micro)
            return;
    } else if (from.is_string()) {
        to.text = text_of(from);
        if (read_parts(to.text, to))
            to.text.clear();
        return;
    }
    to.text = detail::json_text(from);
}

message read_greeting(json::value const& from)
{
    json::object const* members = from.if_object();
    if (members == nullptr)
        return unknown_message{malformed_greeting};
    greeting result;
    if (json::value const* version = members->if_contains("version")) {
        json::object const* parts = version->if_object();
        if (parts == nullptr) {
            read_version(*version, result.version);
        } else {
            if (json::value const* package = parts->if_contains("package"); package != nullptr && package->is_string())
                result.version.package = text_of(*package);
            if (json::value const* numbers = parts->if_contains("qemu"))
                read_version(*numbers, result.version);
        }
    }
    if (json::value const* offered = members->if_contains("capabilities"); offered != nullptr && offered->is_array())
        for (json::value const& capability : offered->get_array())
            if (capability.is_string())
                result.capabilities.push_back(text_of(capability));
    return result;
}

}  // namespace

envelope::member envelope::member_named(std::string_view key) noexcept
{
    // In the order of how often they come: in a reply `return` and `id`.
    if (key == "return")
        return member::returned;
    if (key == "id")
        return member::id;
    if (key == "timestamp")
        return member::timestamp;
    if (key == "event")
        return member::event;
    if (key == "data")
        return member::data;
    if (key == "error")
        return member::error;
    if (key == "QMP")
        return member::greeting;
    return member::other;
}

void envelope::clear() noexcept
{
    member_ = member::other;
    field_ = field::other;
    kinds_ = 0;
    has_error_object_ = false;
    has_name_ = false;
    id_ = std::monostate();
    greeting_.reset();
    returned_.reset();
    data_.reset();
    seconds_ = -1;
    microseconds_ = -1;
}

void envelope::enter(std::string_view key) noexcept
{
    member_ = member_named(key);
    switch (member_) {
        case member::greeting:
            kinds_ |= is_greeting;
            break;
        case member::returned:
            kinds_ |= is_return;
            break;
        case member::error:
            kinds_ |= is_error;
            has_error_object_ = false;
            error_ = {};
            break;
        case member::event:
            kinds_ |= is_event;
            has_name_ = false;
            break;
        case member::timestamp:
            seconds_ = -1;
            microseconds_ = -1;
            break;
        case member::id:
            id_ = foreign_id();
            break;
        case member::data:
        case member::other:
            break;
    }
}

void envelope::enter_field(std::string_view key) noexcept
{
    field_ = field::other;
    if (member_ == member::error) {
        if (key == "class")
            field_ = field::error_class;
        else if (key == "desc")
            field_ = field::description;
    } else if (member_ == member::timestamp) {
        if (key == "seconds")
            field_ = field::seconds;
        else if (key == "microseconds")
            field_ = field::microseconds;
    }
    forget_field();
}

bool envelope::enter_container(bool is_object) noexcept
{
    field_ = field::other;
    has_error_object_ = has_error_object_ || (member_ == member::error && is_object);
    return payload() != nullptr;
}

std::optional<json::value>* envelope::payload() noexcept
{
    switch (member_) {
        case member::greeting:
            return &greeting_;
        case member::returned:
            return &returned_;
        case member::data:
            return &data_;
        default:
            return nullptr;
    }
}

void envelope::take(json::value&& tree)
{
    if (std::optional<json::value>* wanted = payload())
        wanted->emplace(std::move(tree));
}

void envelope::take_scalar(std::string_view text)
{
    if (member_ == member::id) {
        id_ = std::string(text);
    } else if (member_ == member::event) {
        name_ = text;
        has_name_ = true;
    } else if (payload() != nullptr) {
        take(json::value(json::string_view(text.data(), text.size())));
    }
}

void envelope::take_scalar(std::int64_t number)
{
    if (member_ == member::id) {
        if (number >= 0)
            id_ = static_cast<std::uint64_t>(number);
    } else {
        take(json::value(number));
    }
}

void envelope::take_scalar(std::uint64_t number)
{
    if (member_ == member::id)
        id_ = number;
    else
        take(json::value(number));
}

void envelope::take_scalar(double number)
{
    take(json::value(number));
}

void envelope::take_scalar(bool value)
{
    take(json::value(value));
}

void envelope::take_scalar(std::nullptr_t)
{
    take(json::value(nullptr));
}

void envelope::take_field(std::string_view text)
{
    if (field_ == field::error_class)
        error_.class_name = text;
    else if (field_ == field::description)
        error_.description = text;
}

void envelope::take_field(std::int64_t number) noexcept
{
    if (field_ == field::seconds)
        seconds_ = number;
    else if (field_ == field::microseconds)
        microseconds_ = number;
}

void envelope::forget_field() noexcept
{
    switch (field_) {
        case field::error_class:
            error_.class_name.clear();
            break;
        case field::description:
            error_.description.clear();
            break;
        case field::seconds:
            seconds_ = -1;
            break;
        case field::microseconds:
            microseconds_ = -1;
            break;
        case field::other:
            break;
    }
}

message envelope::finish()
{
    switch (kinds_) {
        case is_return:
            return message(std::in_place_type<return_message>, std::move(id_), *std::move(returned_));
        case is_event:
            return finish_event();
        case is_error:
            return finish_error();
        case is_return | is_error:
            return error_message{std::move(id_), {"UnknownError", "the peer sent a reply that is both a return and an error"}};
        case is_greeting:
            return read_greeting(*greeting_);
        case 0:
            return unknown_message{"it has no member QMP, return, error or event"};
        default:
            return unknown_message{"it has more than one of the members QMP, return, error and event"};
    }
}

/// Even a malformed error fails the command whose id it carries, because no other answer will come.
error_message envelope::finish_error()
{
    if (!has_error_object_)
        return {std::move(id_), {"UnknownError", "the peer sent a malformed error"}};
    if (error_.class_name.empty())
        error_.class_name = "UnknownError";
    if (error_.description.empty())
        error_.description = "the peer gave no description";
    return {std::move(id_), std::move(error_)};
}

message envelope::finish_event()
{
    if (!has_name_)
        return unknown_message{"the event's name is not a string"};
    if (data_ && !data_->is_object())
        return unknown_message{"the event's data is not an object"};
    event result{std::move(name_), data_ ? std::move(data_->get_object()) : json::object(), event_time(seconds_, microseconds_),
                 0};
    data_.reset();  // a moved-from object keeps its memory resource, and with it the whole message's memory
    return result;
}

}  // namespace coqmp::protocol
