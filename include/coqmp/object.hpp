// A nested JSON object, built without braces.
#ifndef COQMP_OBJECT_HPP
#define COQMP_OBJECT_HPP

#include <coqmp/detail/to_json.hpp>

#include <boost/json/object.hpp>

#include <string_view>
#include <utility>

namespace coqmp {

/// A JSON object, for an argument that has members. g++ 12 does not accept the braces of `json::object{{...}}` in a `co_await`
/// expression; this class and array_of() need none.
/// @code
/// co_await session.execute(coqmp::command("blockdev-add")
///                              .with("driver", "raw")
///                              .with("file", coqmp::object().with("driver", "file").with("filename", "/images/a.raw")));
/// @endcode
/// @par Threads Distinct objects may be used from distinct threads.
/// @see array_of(), examples/schema.cpp
class object
{
public:
    /// Without members.
    object() = default;

    /// Sets one member, as command::with() sets an argument.
    /// @param name the member's name
    /// @param value see command::with()
    /// @throws what the conversion to JSON throws; std::bad_alloc
    template <class Value>
    object& with(std::string_view name, Value&& value) &
    {
        detail::set_member(members_, name, std::forward<Value>(value));
        return *this;
    }
    /// @copydoc with
    template <class Value>
    [[nodiscard]] object with(std::string_view name, Value&& value) &&
    {
        return std::move(with(name, std::forward<Value>(value)));
    }

    /// What was built.
    [[nodiscard]] boost::json::object const& members() const noexcept { return members_; }

    operator boost::json::object() const& { return members_; }
    operator boost::json::object() && { return std::move(members_); }

    friend bool operator==(object const&, object const&) = default;

private:
    boost::json::object members_;
};

}  // namespace coqmp

#endif
