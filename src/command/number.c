/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers, addresses, and the arithmetic over them that people type. */
#include "command/session.h"

#include "util/cleanup.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

enum { MAX_DEPTH = 64 };

struct calculation {
	struct iq_session *session; /* NULL: no symbols */
	const char *text, *at;
	bool hexadecimal; /* numbers without 0x, too */
	unsigned depth;
};

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '.' || c == '$' || c == '@';
}

static struct iq_error *no_sense(const struct calculation *calc, const char *why)
{
	return iq_error_new(IQ_ERROR_ARGUMENT, "\"%s\": %s", calc->text, why);
}

static unsigned suffix_shift(char c)
{
	switch (c) {
	case 'k':
	case 'K': return 10;
	case 'm':
	case 'M': return 20;
	case 'g':
	case 'G': return 30;
	}
	return 0;
}

/* A number that fills `text`. False if it is none. */
static bool read_number(const char *text, size_t length, bool hexadecimal, uint64_t *value)
{
	char digits[72], *end;
	unsigned shift = length ? suffix_shift(text[length - 1]) : 0;
	size_t count = length - (shift != 0);
	bool prefixed = count > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	int base = hexadecimal || prefixed ? 16 : 10;

	if (!count || count >= sizeof(digits) || !isxdigit((unsigned char)text[prefixed ? 2 : 0]))
		return false;
	memcpy(digits, text, count);
	digits[count] = '\0';
	if (base == 10 && strpbrk(digits, "abcdefABCDEF"))
		base = 16;
	errno = 0;
	*value = strtoull(digits, &end, base);
	if (*end || errno || *value > UINT64_MAX >> shift)
		return false;
	*value <<= shift;
	return true;
}

struct iq_error *iq_parse_number(const char *text, uint64_t *value)
{
	if (!read_number(text, strlen(text), false, value))
		return iq_error_new(IQ_ERROR_ARGUMENT, "\"%s\" is not a number", text);
	return NULL;
}

struct iq_error *iq_parse_hexadecimal(const char *text, uint64_t *value)
{
	if (!read_number(text, strlen(text), true, value))
		return iq_error_new(IQ_ERROR_ARGUMENT, "\"%s\" is not a hexadecimal number", text);
	return NULL;
}

static struct iq_error *find_symbol(const struct calculation *calc, const char *name, uint64_t *value)
{
	struct iq_kernel *kernel;
	struct iq_symbol symbol;

	IQ_TRY(iq_session_kernel(calc->session, &kernel));
	IQ_TRY(iq_symbol_by_name(iq_kernel_symbols(kernel), name, &symbol));
	*value = symbol.address;
	return NULL;
}

/* A word: what starts with a digit is a number; else a symbol before a number made of letters. In an address an offset
 * behind a symbol is decimal, as it is shown. */
static struct iq_error *read_word(struct calculation *calc, uint64_t *value)
{
	const char *start = calc->at;
	_cleanup_free_ char *word = NULL;
	struct iq_error *error = NULL;

	while (is_word(*calc->at))
		calc->at++;
	word = strndup(start, (size_t)(calc->at - start));
	if (!word)
		return iq_error_no_memory();
	if (!*word)
		return no_sense(calc, *start ? "not an expression" : "it ends too early");
	if (calc->session && !isdigit((unsigned char)*word)) {
		error = find_symbol(calc, word, value);
		if (!error) {
			calc->hexadecimal = false;
			return NULL;
		}
	}
	if (read_number(word, strlen(word), calc->hexadecimal, value)) {
		iq_error_free(error);
		return NULL;
	}
	if (error)
		return error;
	return iq_error_new(IQ_ERROR_ARGUMENT, "\"%s\" is neither a number nor a symbol", word);
}

static void skip_blanks(struct calculation *calc)
{
	while (isspace((unsigned char)*calc->at))
		calc->at++;
}

static struct iq_error *read_sum(struct calculation *calc, int least, uint64_t *value);

static struct iq_error *read_operand(struct calculation *calc, uint64_t *value)
{
	if (++calc->depth > MAX_DEPTH)
		return no_sense(calc, "nested too deeply");
	skip_blanks(calc);
	switch (*calc->at) {
	case '(':
		calc->at++;
		IQ_TRY(read_sum(calc, 0, value));
		if (*calc->at != ')')
			return no_sense(calc, "a closing ) is missing");
		calc->at++;
		break;
	case '~':
		calc->at++;
		IQ_TRY(read_operand(calc, value));
		*value = ~*value;
		break;
	case '-':
		calc->at++;
		IQ_TRY(read_operand(calc, value));
		*value = -*value;
		break;
	default: IQ_TRY(read_word(calc, value));
	}
	calc->depth--;
	skip_blanks(calc);
	return NULL;
}

static const struct binary_operator {
	const char *text;
	int level; /* binds tighter the higher it is */
} operators[] = {
	{ "|", 1 }, { "^", 2 }, { "&", 3 }, { "<<", 4 }, { ">>", 4 },
	{ "+", 5 }, { "-", 5 }, { "*", 6 }, { "/", 6 },  { "%", 6 },
};

static const struct binary_operator *operator_at(const char *at)
{
	for (size_t i = 0; i < IQ_ARRAY_SIZE(operators); i++)
		if (!strncmp(at, operators[i].text, strlen(operators[i].text)))
			return &operators[i];
	return NULL;
}

static struct iq_error *apply(const struct calculation *calc, char op, uint64_t right, uint64_t *value)
{
	switch (op) {
	case '|': *value |= right; break;
	case '^': *value ^= right; break;
	case '&': *value &= right; break;
	case '<': *value = right < 64 ? *value << right : 0; break;
	case '>': *value = right < 64 ? *value >> right : 0; break;
	case '+': *value += right; break;
	case '-': *value -= right; break;
	case '*': *value *= right; break;
	default:
		if (!right)
			return no_sense(calc, "division by zero");
		*value = op == '/' ? *value / right : *value % right;
	}
	return NULL;
}

/* Operands joined by operators of at least level `least`. */
static struct iq_error *read_sum(struct calculation *calc, int least, uint64_t *value)
{
	const struct binary_operator *op;

	IQ_TRY(read_operand(calc, value));
	while ((op = operator_at(calc->at)) && op->level >= least) {
		uint64_t right;

		calc->at += strlen(op->text);
		IQ_TRY(read_sum(calc, op->level + 1, &right));
		IQ_TRY(apply(calc, *op->text, right, value));
	}
	return NULL;
}

static struct iq_error *calculate(struct calculation *calc, uint64_t *value)
{
	calc->at = calc->text;
	IQ_TRY(read_sum(calc, 0, value));
	if (*calc->at)
		return no_sense(calc, "not an expression");
	return NULL;
}

struct iq_error *iq_evaluate(struct iq_session *session, const char *text, uint64_t *value)
{
	struct calculation calc = { .session = session, .text = text };

	return calculate(&calc, value);
}

struct iq_error *iq_calculate_address(struct iq_session *session, const char *text, uint64_t *address)
{
	struct calculation calc = { .session = session, .text = text, .hexadecimal = true };

	return calculate(&calc, address);
}

static struct iq_error *set_range(const char *text, const char *what, const char **at, bool *set, size_t limit)
{
	char *end;
	unsigned long first, last;

	if (!isdigit((unsigned char)**at))
		return iq_error_new(IQ_ERROR_ARGUMENT, "\"%s\" is not a list of %ss (like 0,2-4)", text, what);
	first = last = strtoul(*at, &end, 10);
	if (*end == '-' && isdigit((unsigned char)end[1]))
		last = strtoul(end + 1, &end, 10);
	if (last < first || (*end && *end != ','))
		return iq_error_new(IQ_ERROR_ARGUMENT, "\"%s\" is not a list of %ss (like 0,2-4)", text, what);
	if (last >= limit)
		return iq_error_new(IQ_ERROR_ARGUMENT, "no %s %lu: there are %zu, counted from 0", what, last, limit);
	for (size_t i = first; i <= last; i++)
		set[i] = true;
	*at = end;
	return NULL;
}

struct iq_error *iq_parse_set(const char *text, const char *what, bool *set, size_t limit)
{
	const char *at = text;

	memset(set, 0, limit * sizeof(*set));
	if (!strcmp(text, "a") || !strcmp(text, "all")) {
		for (size_t i = 0; i < limit; i++)
			set[i] = true;
		return NULL;
	}
	IQ_TRY(set_range(text, what, &at, set, limit));
	while (*at == ',') {
		at++;
		IQ_TRY(set_range(text, what, &at, set, limit));
	}
	return NULL;
}
