/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Types that tests/unit/type/dwarf_types.c has compiled with debug information, and includes itself: what DWARF says is
 * held against offsetof and sizeof. */
#ifndef IQ_SAMPLE_TYPES_H
#define IQ_SAMPLE_TYPES_H

enum colour { RED, GREEN = 5, BLUE = 0x7fffffff };
enum signs { MINUS = -2, PLUS = 300 };
enum large { LARGE = 0x123456789ab };
enum __attribute__((packed)) tiny { TINY = 200 };

typedef unsigned long word;

struct point {
	int x, y;
};

union both {
	long number;
	char bytes[8];
};

struct sample {
	char name[16];
	const volatile int *text;
	_Bool flag;
	signed char small;
	unsigned char octet;
	unsigned a : 3, b : 7;
	unsigned : 0;
	long wide : 40;
	int last : 2;
	_Bool bit : 1;
	struct {
		int inner;
		union {
			short s;
			char t;
		};
	};
	int matrix[2][3][4];
	struct point points[3];
	enum colour colour;
	enum tiny tiny;
	struct unknown *opaque;
	union missing *other;
	int (*callback)(struct sample *, const char *, ...);
	void (*nothing)(void);
	_Atomic int counter;
	double real;
	__int128 huge;
	union both both;
	char *const *restrict strings[2];
	int none[0];
	word words[];
};

struct packed {
	char c;
	long l;
	int f : 5;
	int g : 12;
} __attribute__((packed));

#endif
