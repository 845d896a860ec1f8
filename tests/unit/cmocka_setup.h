/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmocka wants these headers, in this order, before its own. */
#ifndef IQ_TESTS_CMOCKA_SETUP_H
#define IQ_TESTS_CMOCKA_SETUP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
