// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Modules and JITed code over a small kernel in memory that the input damages: the first byte chooses the layout of
 * struct module, each four bytes after it are an offset in memory (two bytes), and how many bytes (one, at most 8)
 * become which value (one).
 */
#include "../unit/image/loaded_kernel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct iq_error *touch(void *context, const struct iq_symbol *symbol)
{
	unsigned *left = context;
	if (!strlen(symbol->name))
		abort();
	return --*left ? NULL : iq_error_new(IQ_ERROR_LIMIT, "enough");
}

static void damage(struct loaded_kernel *k, const uint8_t *data, size_t size)
{
	for (; size >= 4; data += 4, size -= 4) {
		size_t offset = data[0] | (size_t)data[1] << 8, length = data[2] & 7;
		/* The second half of what two bytes reach is the first module's and a part of the second's. */
		uint8_t *memory = offset < DATA_SIZE ? k->data : k->modules;
		size_t room = offset < DATA_SIZE ? DATA_SIZE : sizeof(k->modules);
		if (offset >= DATA_SIZE)
			offset -= DATA_SIZE;
		memset(memory + offset, data[3], IQ_MIN(length + 1, room - offset));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct iq_image *const *list;
	struct iq_symbol symbol;
	size_t count;
	unsigned left = 4000;
	if (!size || size > 4096)
		return 0;
	struct loaded_kernel *k = build_kernel(data[0] & 1);
	damage(k, data + 1, size - 1);
	if (!iq_failed(open_kernel(k))) {
		const struct iq_dwarf_section *sections;
		size_t section_count;
		if (!iq_failed(iq_images_modules(k->images, &list, &count))) {
			for (size_t i = 0; i < count; i++)
				iq_error_free(iq_image_sections(k->images, list[i], &sections, &section_count));
		}
		iq_error_free(iq_images_jited(k->images, &list, &count));
		for (unsigned i = 0; i < MODULES; i++) {
			iq_error_free(iq_symbol_at(k->symbols, module_base(i) + 0x50, &symbol));
			iq_image_at(k->images, module_base(i) + 0x50);
		}
		iq_error_free(iq_symbol_by_name(k->symbols, "helper", &symbol));
		iq_error_free(iq_symbols_each(k->symbols, "*", touch, &left));
	}
	close_kernel(k);
	return 0;
}
