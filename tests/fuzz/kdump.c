// SPDX-License-Identifier: GPL-2.0-or-later
#include "dump_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_dump(data, size);
	return 0;
}
