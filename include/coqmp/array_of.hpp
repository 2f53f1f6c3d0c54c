// A nested JSON array, built without braces.
#ifndef COQMP_ARRAY_OF_HPP
#define COQMP_ARRAY_OF_HPP

#include <coqmp/detail/to_json.hpp>

#include <boost/json/array.hpp>

#include <concepts>
#include <cstddef>
#include <type_traits>
#include <utility>

namespace coqmp {

/// A JSON array of these elements, of any types that command::with() takes: `array_of(1, "two", object().with("three", 3))`.
/// g++ 12 does not accept the braces of `json::array{...}` in a `co_await` expression.
/// @param elements the elements. A single container, such as a `std::vector`, gives its elements; a `json::array`, and so the
/// result of another array_of(), is always one element: `array_of(array_of(1, 2))` is `[[1,2]]`.
/// @throws what the conversion to JSON throws; std::bad_alloc
/// @see object
template <class... Elements>
[[nodiscard]] boost::json::array array_of(Elements&&... elements)
{
    boost::json::array result;
    result.reserve(sizeof...(Elements));
    (result.push_back(detail::to_json(std::forward<Elements>(elements))), ...);
    return result;
}

/// @copydoc array_of
template <class Container>
    requires(detail::sequence<std::remove_cvref_t<Container>> && !std::constructible_from<boost::json::value, Container>)
[[nodiscard]] boost::json::array array_of(Container&& elements)
{
    return std::move(detail::elements_of(elements).as_array());
}

}  // namespace coqmp

#endif
