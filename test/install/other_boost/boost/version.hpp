// A stand-in for a Boost that coqmp was not built with.
#ifndef BOOST_VERSION_HPP
#define BOOST_VERSION_HPP
#define BOOST_VERSION 109900
#define BOOST_LIB_VERSION "1_99"
#endif
