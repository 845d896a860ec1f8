/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside the room: types that are made, not found. */
#ifndef IQ_TYPE_DERIVED_H
#define IQ_TYPE_DERIVED_H

#include "type/source.h"

/* The numbers of the machine's own types in the derived source. An unsigned integer follows its signed one. */
enum iq_basic_type {
	IQ_BASIC_VOID,
	IQ_BASIC_BOOL,
	IQ_BASIC_CHAR,
	IQ_BASIC_SCHAR,
	IQ_BASIC_UCHAR,
	IQ_BASIC_SHORT,
	IQ_BASIC_USHORT,
	IQ_BASIC_INT,
	IQ_BASIC_UINT,
	IQ_BASIC_LONG,
	IQ_BASIC_ULONG,
	IQ_BASIC_LLONG,
	IQ_BASIC_ULLONG,
	IQ_BASIC_INT128,
	IQ_BASIC_UINT128,
	IQ_BASIC_FLOAT,
	IQ_BASIC_DOUBLE,
	IQ_BASIC_LDOUBLE,
	IQ_BASIC_TYPES
};

struct iq_type iq_type_basic(struct iq_types *types, enum iq_basic_type basic);

/* A pointer, an array or a qualified type; the same one again for the same question. */
struct iq_error *iq_type_derive(struct iq_types *types, enum iq_type_kind kind, struct iq_type target, uint64_t count,
				struct iq_type *out);

/* Copies the parameters. */
struct iq_error *iq_type_derive_function(struct iq_types *types, struct iq_type result,
					 const struct iq_type *parameters, size_t count, bool variadic,
					 struct iq_type *out);

#endif
