/* convert.c - fuzz target: the configuration of another daemon, converted.
 * SPDX-License-Identifier: ISC
 *
 * Octet 0 says what the file is called; behind a line "%%" is ipsec.secrets.
 */
#include "config/yaml.h"
#include "daemon/ctl_convert.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>
#include <unistd.h>

static const char *const names[] = { "swanctl.conf", "ipsec.conf", "iked.conf",
	"some.conf" };

static void write_file(const char *path, const uint8_t *data, size_t size)
{
	FILE *file = fopen(path, "w");

	HOLDS(file != NULL);
	HOLDS(fwrite(data, 1, size, file) == size);
	fclose(file);
}

/* Nothing of the input reaches the terminal as it is. */
static void check_said(const char *text)
{
	for (; *text; text++)
		HOLDS((unsigned char)*text >= ' ' || *text == '\n');
}

/* It may be refused for what it means, not for how it is written. */
static void check_yaml(const char *text, size_t len)
{
	struct config_errors errors = { 0 };
	struct source source;

	HOLDS(source_of_text("f", bytes_of(text, len), &source, &errors));
	node_free(node_parse(&source, &errors));
	HOLDS(errors.errors == 0);
	source_clear(&source);
	config_errors_clear(&errors);
}

static void convert(const char *path)
{
	struct ctl ctl = { .fd = -1 };
	size_t out_size, err_size;
	char *out, *err;
	int code;

	ctl.out = open_memstream(&out, &out_size);
	ctl.err = open_memstream(&err, &err_size);
	code = ctl_convert(&ctl, path);
	fclose(ctl.out);
	fclose(ctl.err);
	HOLDS(code == 0 || code == 1 || code == 5);
	HOLDS(code != 0 || out_size > 0);
	check_said(err);
	check_said(out);
	check_yaml(out, out_size);
	free(out);
	free(err);
}

void fuzz_convert(const uint8_t *data, size_t size)
{
	char folder[] = "/tmp/ipsecd-fuzz-XXXXXX", conf[64], secrets[64];
	const uint8_t *second;

	/* No files of this machine. */
	if (size == 0 || memmem(data, size, "include", 7))
		return;
	HOLDS(mkdtemp(folder) != NULL);
	snprintf(conf, sizeof(conf), "%s/%s", folder, names[data[0] % 4]);
	snprintf(secrets, sizeof(secrets), "%s/ipsec.secrets", folder);
	data++;
	size--;
	second = memmem(data, size, "\n%%\n", 4);
	write_file(conf, data, second ? (size_t)(second - data) + 1 : size);
	if (second)
		write_file(secrets, second + 4,
			size - (size_t)(second - data) - 4);
	convert(conf);
	unlink(conf);
	unlink(secrets);
	rmdir(folder);
}
