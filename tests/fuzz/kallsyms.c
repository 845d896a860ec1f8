// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kallsyms over memory made of the input. The first byte: bit 0 takes the tables' places from the next 32 bytes, else
 * they are recognised in memory; bits 1 and 2 are the encoding, bit 3 the size of markers.
 */
#include "symbol/kallsyms.h"
#include "../unit/fake_target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint64_t MEMORY = UINT64_C(0xffffffff81000000);

static struct iq_error *touch(void *context, const struct iq_symbol *symbol)
{
	unsigned *left = context;
	if (!strlen(symbol->name))
		abort();
	return --*left ? NULL : iq_error_new(IQ_ERROR_LIMIT, "enough");
}

static uint64_t take(const uint8_t **data, size_t size)
{
	uint64_t value = 0;
	memcpy(&value, *data, size);
	*data += size;
	return value;
}

static void ask(struct iq_target *target, const struct iq_kallsyms_tables *tables)
{
	struct iq_symbol_source *source;
	struct iq_symbols *symbols;
	struct iq_symbol symbol, other;
	unsigned left = 4000;
	if (iq_failed(iq_kallsyms_new(target, tables, &source)) || iq_failed(iq_symbols_new(target, &symbols)))
		return;
	iq_error_free(iq_symbols_add(symbols, source));
	for (unsigned i = 0; i < 8; i++) {
		if (!iq_failed(iq_symbol_at(symbols, MEMORY + i * 0x1010, &symbol))) {
			iq_error_free(iq_symbol_next(symbols, &symbol, &other));
			iq_error_free(iq_symbol_previous(symbols, &symbol, &other));
			iq_error_free(iq_symbol_by_name(symbols, symbol.name, &other));
		}
	}
	iq_error_free(iq_symbol_by_name(symbols, "_stext", &symbol));
	iq_error_free(iq_symbols_each(symbols, NULL, touch, &left));
	iq_symbols_free(symbols);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct iq_target target;
	struct iq_kallsyms_tables t = { 0 };
	if (size < 40 || size > 1 << 17)
		return 0;
	uint8_t how = *data;
	const uint8_t *at = data + 1;
	fake_init(&target);
	target.layout.text = MEMORY;
	target.layout.text_end = MEMORY + 0x100000;
	if (how & 1) {
		t.names = MEMORY + take(&at, 3);
		t.token_table = MEMORY + take(&at, 3);
		t.token_index = MEMORY + take(&at, 3);
		t.offsets = MEMORY + take(&at, 3);
		uint64_t markers = take(&at, 3), seqs = take(&at, 3);
		t.markers = markers ? MEMORY + markers : 0;
		t.seqs = seqs ? MEMORY + seqs : 0;
		t.relative_base = take(&at, 8);
		t.count = (uint32_t)take(&at, 3);
		t.encoding = how >> 1 & 3;
		t.marker_size = how & 8 ? 8 : 4;
	}
	fake_add(&target, MEMORY, at, size - (size_t)(at - data));
	if (how & 1 || !iq_failed(iq_kallsyms_recognise(&target, &t)))
		ask(&target, &t);
	fake_free(&target);
	return 0;
}
