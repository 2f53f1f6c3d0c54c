// Records how an accept completes.
#ifndef COQMP_TEST_SUPPORT_ACCEPTANCE_HPP
#define COQMP_TEST_SUPPORT_ACCEPTANCE_HPP

#include <coqmp/session.hpp>

#include <boost/system/error_code.hpp>
#include <boost/test/unit_test.hpp>

#include <optional>
#include <utility>

namespace coqmp::test {

/// What an accept completed with.
struct acceptance
{
    bool done = false;
    boost::system::error_code error;
    std::optional<coqmp::session> session;

    auto handler()
    {
        return [this](boost::system::error_code code, coqmp::session opened) {
            BOOST_TEST(!done);
            done = true;
            error = code;
            session.emplace(std::move(opened));
        };
    }
};

}  // namespace coqmp::test

#endif
