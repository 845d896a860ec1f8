/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text out of a dump: which bytes are characters, and which must not reach a terminal. */
#include "render/out.h"

#include "util/cleanup.h"

size_t iq_utf8_decode(const char *bytes, size_t length, uint32_t *code)
{
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *at = (const unsigned char *)bytes;
	size_t size;

	if (!length)
		return 0;
	size = at[0] < 0x80 ? 1 : at[0] >> 5 == 6 ? 2 : at[0] >> 4 == 14 ? 3 : at[0] >> 3 == 30 ? 4 : 0;
	if (!size || size > length)
		return 0;
	*code = size == 1 ? at[0] : at[0] & (0x7fu >> size);
	for (size_t i = 1; i < size; i++) {
		if (at[i] >> 6 != 2)
			return 0;
		*code = *code << 6 | (at[i] & 0x3f);
	}
	if (*code < smallest[size] || *code > 0x10ffff || (*code >= 0xd800 && *code <= 0xdfff))
		return 0;
	return size;
}

size_t iq_utf8_width(const char *text)
{
	size_t width = 0;

	for (; *text; text++)
		width += ((unsigned char)*text & 0xc0) != 0x80;
	return width;
}

static bool is_control(uint32_t code)
{
	return (code < 0x20 && code != '\t') || (code >= 0x7f && code < 0xa0) || code == 0x2028 || code == 0x2029 ||
	       code == 0x200e || code == 0x200f || (code >= 0x202a && code <= 0x202e) ||
	       (code >= 0x2066 && code <= 0x2069);
}

void iq_escape_text(struct iq_strbuf *buf, const char *bytes, size_t length)
{
	size_t plain = 0;

	for (size_t i = 0; i < length;) {
		uint32_t code;
		size_t size = iq_utf8_decode(bytes + i, length - i, &code);

		if (size && !is_control(code)) {
			i += size;
			continue;
		}
		iq_strbuf_add_bytes(buf, bytes + plain, i - plain);
		for (size_t end = i + IQ_MAX(size, 1); i < end; i++)
			iq_strbuf_addf(buf, "\\x%02x", (unsigned char)bytes[i]);
		plain = i;
	}
	iq_strbuf_add_bytes(buf, bytes + plain, length - plain);
}
